"""Is what was measured worth something: units that live, slopes that arrive, splits that differ,
confidence that holds?"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from scallion.findings import Finding
from scallion.insight.activity import Silence
from scallion.insight.probabilities import Reliability
from scallion.text_format import percent, plural

_DEAD, _MANY = 0.5, 0.75
_FADED, _SWOLLEN = 1e-4, 1e4
_SURE = 3.0
_LEAKED = 0.01
_OFF, _FAR_OFF = 0.05, 0.15


class Slope(NamedTuple):
    """How long a layer's gradient is, measured by its weights: root mean squares, one by other."""

    name: str
    size: float


def dead_units(silences: Sequence[Silence]) -> Finding | None:
    """Layers most of whose units give 0 on every image."""
    dead = [layer for layer in silences if layer.units > 1 and layer.share >= _DEAD]
    if not dead:
        return None
    worst = max(dead, key=lambda layer: layer.share)
    through = "; nothing of the image gets through" if worst.silent == worst.units else ""
    severity = "error" if through else "warning" if worst.share >= _MANY else "info"
    return Finding(
        "dead-units",
        severity,
        f"{worst.silent} of the {worst.units} units of layer {worst.name!r} are dead: they give 0 "
        f"on every image that was looked at{through}.",
        {layer.name: [layer.silent, layer.units] for layer in silences},
        "a lower learning rate, or ReLU(negative_slope=0.1) in place of relu",
    )


def gradients(slopes: Sequence[Slope]) -> Finding | None:
    """Gradients that fade or swell on their way from the loss to the first layer.

    `slopes` are of the layers with weights, the first layer first.
    """
    if len(slopes) < 2:
        return None
    broken = next((slope for slope in slopes if not np.isfinite(slope.size)), None)
    first, last = slopes[0], slopes[-1]
    evidence = {slope.name: slope.size for slope in slopes}
    if broken is not None or (last.size > 0 and first.size > _SWOLLEN * last.size):
        name = (broken or first).name
        return Finding(
            "gradients-exploded",
            "error",
            f"The gradients explode on their way back: at layer {name!r} they are more than "
            f"{_SWOLLEN:,.0f} times those at {last.name!r}.",
            evidence,
            "BatchNormalization behind each convolution, a lower learning rate, or clipnorm=1",
        )
    if last.size > 0 and first.size < _FADED * last.size:
        much = f"{last.size / first.size:,.0f} times smaller than" if first.size else "0, not as"
        return Finding(
            "gradients-vanished",
            "warning",
            f"The gradients vanish on their way back: at layer {first.name!r} they are {much} at "
            f"{last.name!r}, so the first layers hardly learn.",
            evidence,
            "relu in place of sigmoid or tanh, BatchNormalization, or fewer layers",
        )
    return None


def copies_across_splits(copies: int, held: int, split: str = "validation") -> Finding | None:
    """Held-out images that are training images too, so that scores on them are memory."""
    if not copies:
        return None
    share = copies / held
    are = "is" if copies == 1 else "are"
    return Finding(
        "duplicates-across-splits",
        "error" if share >= _LEAKED else "info",
        f"{copies:,} of the {plural(held, f'{split} image')} ({percent(share)}) {are} among the "
        "training images as well, pixel for pixel"
        + ("; the scores are better than they would be on new ones." if share >= _LEAKED else "."),
        {"copies": copies, "images": held, "split": split},
        "take the copies out of one of the splits, and train again" if share >= _LEAKED else "",
    )


def miscalibration(curve: Reliability) -> Finding | None:
    """Probabilities that promise more, or less, than is right."""
    filled = curve.count > 0
    count = curve.count[filled]
    total = int(count.sum())
    said = float((count * curve.confidence[filled]).sum()) / total
    right = float((count * curve.accuracy[filled]).sum()) / total
    gap = said - right
    if abs(gap) <= max(_OFF, _SURE * sqrt(max(right * (1 - right), 1e-9) / total)):
        return None
    kind = "overconfident" if gap > 0 else "too modest"
    return Finding(
        "miscalibrated",
        "warning" if abs(gap) >= _FAR_OFF else "info",
        f"It is {kind}: on average it says {percent(said, 0)} sure, and {percent(right, 0)} of "
        f"its {total:,} answers are right.",
        {"confidence": said, "accuracy": right, "calibration_error": curve.error},
        "take its probabilities as an order, not as odds; stopping earlier or dropout makes them "
        "more honest",
    )
