"""Dead units: ReLU outputs that are 0 for every image."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.finding_rules import Detection, FindingRule

_DEAD, _MANY = 0.5, 0.75  # fractions of a layer's units


class DeadUnits(NamedTuple):
    """The number of dead units of a ReLU layer: those that are 0 for all tested images.

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


def _dead_units(dead_units: Sequence[DeadUnits]) -> Detection | None:
    affected = [layer for layer in dead_units if layer.units > 1 and layer.fraction >= _DEAD]
    if not affected:
        return None
    worst = max(affected, key=lambda layer: layer.fraction)
    all_dead = worst.dead == worst.units
    consequence = "; nothing of the image gets through" if all_dead else ""
    return Detection(
        f"{worst.dead} of the {worst.units} units of layer {worst.layer!r} are dead: they output 0 "
        f"for every tested image{consequence}.",
        {layer.layer: [layer.dead, layer.units] for layer in dead_units},
        "a lower learning rate, or ReLU(negative_slope=0.1) in place of relu",
        "error" if all_dead else "warning" if worst.fraction >= _MANY else "info",
    )


DEAD_UNITS = FindingRule("dead-units", "warning", _dead_units, needs=("dead_units",))
