"""Vanishing and exploding gradients."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.findings.rules.dead_units import DeadUnits

_VANISHED, _EXPLODED = 1e-4, 1e4  # of the first layer's gradient, relative to the last layer's


class RelativeGradient(NamedTuple):
    """The root mean square of a layer's gradient, divided by that of its weights."""

    layer: str
    size: float


def root_mean_square(values: NDArray[Any]) -> float:
    """Return the root mean square of all values, computed in float64.

    >>> root_mean_square(np.array([3.0, -3.0]))
    3.0
    """
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


def _exploded(
    gradients: Sequence[RelativeGradient], dead_units: Sequence[DeadUnits]
) -> Detection | None:
    if len(gradients) < 2 or _is_blocked(dead_units):
        return None
    non_finite = next((one for one in gradients if not np.isfinite(one.size)), None)
    first, last = gradients[0], gradients[-1]
    if non_finite is None and not (last.size > 0 and first.size > _EXPLODED * last.size):
        return None
    return Detection(
        "The gradients explode during backpropagation: at layer "
        f"{(non_finite or first).layer!r} they are more than {_EXPLODED:,.0f} times those at "
        f"{last.layer!r}.",
        {one.layer: one.size for one in gradients},
        "BatchNormalization after each convolution, a lower learning rate, or clipnorm=1",
    )


def _vanished(
    gradients: Sequence[RelativeGradient], dead_units: Sequence[DeadUnits]
) -> Detection | None:
    if len(gradients) < 2 or _is_blocked(dead_units):
        return None
    first, last = gradients[0], gradients[-1]
    if not (last.size > 0 and first.size < _VANISHED * last.size):
        return None
    factor = f"{last.size / first.size:,.0f} times smaller than" if first.size else "0, unlike"
    return Detection(
        f"The gradients vanish during backpropagation: at layer {first.layer!r} they are {factor} "
        f"at {last.layer!r}, so the first layers hardly learn.",
        {one.layer: one.size for one in gradients},
        "relu in place of sigmoid or tanh, BatchNormalization, or fewer layers",
    )


def _is_blocked(dead_units: Sequence[DeadUnits]) -> bool:
    """Return whether all units of a layer are dead, which no gradient passes."""
    return any(layer.dead >= layer.units for layer in dead_units)


EXPLODED = FindingRule(
    "gradients-exploded",
    "error",
    _exploded,
    needs=("gradients", "dead_units"),
    suppresses=("gradients-vanished",),
)
VANISHED = FindingRule(
    "gradients-vanished", "warning", _vanished, needs=("gradients", "dead_units")
)
