"""Dead units: ReLU outputs that are 0 for every image."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.findings import Finding

_DEAD, _MANY = 0.5, 0.75


class DeadUnits(NamedTuple):
    """How many units of a ReLU layer are dead: 0 for all images that were tested.

    A unit is a filter of a convolution or a neuron of a dense layer.
    """

    layer: str
    dead: int
    units: int

    @property
    def fraction(self) -> float:
        """The fraction of units that are dead."""
        return self.dead / self.units


def active_units(activations: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which units are not 0 everywhere: activations (n, ..., units) -> bool (units,).

    >>> active_units(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])).tolist()
    [False, True, True]
    """
    return (activations != 0).any(axis=tuple(range(activations.ndim - 1)))


def dead_units_finding(layers: Sequence[DeadUnits]) -> Finding | None:
    """Layers most of whose units give 0 on every image."""
    dead = [layer for layer in layers if layer.units > 1 and layer.fraction >= _DEAD]
    if not dead:
        return None
    worst = max(dead, key=lambda layer: layer.fraction)
    through = "; nothing of the image gets through" if worst.dead == worst.units else ""
    severity = "error" if through else "warning" if worst.fraction >= _MANY else "info"
    return Finding(
        "dead-units",
        severity,
        f"{worst.dead} of the {worst.units} units of layer {worst.layer!r} are dead: they give 0 "
        f"on every image that was looked at{through}.",
        {layer.layer: [layer.dead, layer.units] for layer in layers},
        "a lower learning rate, or ReLU(negative_slope=0.1) in place of relu",
    )
