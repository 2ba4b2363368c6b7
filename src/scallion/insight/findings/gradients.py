"""Vanishing and exploding gradients."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.findings import Finding

_VANISHED, _EXPLODED = 1e-4, 1e4


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


def gradient_finding(gradients: Sequence[RelativeGradient]) -> Finding | None:
    """Gradients that fade or swell on their way from the loss to the first layer.

    `gradients` are of the layers with weights, the first layer first.
    """
    if len(gradients) < 2:
        return None
    broken = next((one for one in gradients if not np.isfinite(one.size)), None)
    first, last = gradients[0], gradients[-1]
    evidence = {one.layer: one.size for one in gradients}
    if broken is not None or (last.size > 0 and first.size > _EXPLODED * last.size):
        name = (broken or first).layer
        return Finding(
            "gradients-exploded",
            "error",
            f"The gradients explode on their way back: at layer {name!r} they are more than "
            f"{_EXPLODED:,.0f} times those at {last.layer!r}.",
            evidence,
            "BatchNormalization behind each convolution, a lower learning rate, or clipnorm=1",
        )
    if last.size > 0 and first.size < _VANISHED * last.size:
        much = f"{last.size / first.size:,.0f} times smaller than" if first.size else "0, not as"
        return Finding(
            "gradients-vanished",
            "warning",
            f"The gradients vanish on their way back: at layer {first.layer!r} they are {much} at "
            f"{last.layer!r}, so the first layers hardly learn.",
            evidence,
            "relu in place of sigmoid or tanh, BatchNormalization, or fewer layers",
        )
    return None
