"""Were the steps too long, too short, or did they end in no numbers at all?"""

from collections.abc import Sequence

import numpy as np

from scallion.findings import Finding
from scallion.insight.findings.dead_units import DeadUnits
from scallion.insight.findings.learning_curves import LearningCurves, tremble
from scallion.insight.findings.overfitting import LEAST
from scallion.text_format import percent, three_digits

_DEAD = 0.4  # of all units: healthy runs keep nine of ten
_STUCK = 0.005  # of the loss of guessing: how near to it is at it
_ROUGH = 0.10  # of the loss: what it jumps from epoch to epoch
_SLOWING = 0.5  # healthy learning slows to a fifth from its first third to its last
_UNLEARNED = 0.35  # of the loss of guessing


def diverged(course: LearningCurves, layer: str | None = None) -> Finding | None:
    """A loss that is no number; `layer` is the first whose weights or outputs are none either."""
    if course.is_finite:
        return None
    curves = [c for c in (course.loss, course.val_loss) if c is not None]
    broken = np.flatnonzero(~np.isfinite(np.array(curves)).all(axis=0))
    epoch = course.epoch(int(broken[0])) if len(broken) else None
    when = "" if epoch is None else f" in epoch {epoch}"
    where = "" if layer is None else f"; the first layer without numbers is {layer!r}"
    return Finding(
        "diverged",
        "error",
        f"It diverged: the loss is no longer a number{when}{where}.",
        {"epoch": epoch, "layer": layer},
        f"{_rates(course, 0.1)}; check that pixels lie between 0 and 1",
    )


def too_high(
    course: LearningCurves, chance: float | None = None, layers: Sequence[DeadUnits] = ()
) -> Finding | None:
    """Steps so long that they put units out, throw the loss about, or leave it at guessing.

    `chance` is the loss of guessing, log(classes) for even ones.
    """
    dead, units = sum(one.dead for one in layers), sum(one.units for one in layers)
    rough = tremble(course.loss) / float(np.median(course.loss)) if course.count >= LEAST else 0.0
    evidence = {
        "roughness": rough,
        "first_loss": float(course.loss[0]),
        "last_loss": float(course.loss[-1]),
        "dead": {layer.layer: [layer.dead, layer.units] for layer in layers},
    }
    if dead >= _DEAD * units > 0:
        what = (
            f"it has put out {dead} of {units} units, which give 0 on every image and no longer "
            "learn"
        )
    elif chance is not None and _is_stuck(course, chance):
        what = (
            f"the loss jumped to {three_digits(float(course.loss[0]))} in the first epoch and has stayed "
            f"where guessing is, at {three_digits(float(course.loss[-1]))}"
        )
    elif rough > _ROUGH and not _memorises(course, chance):
        what = (
            f"the loss in training jumps by {percent(rough, 0)} from epoch to epoch "
            "instead of falling"
        )
    else:
        return None
    return Finding(
        "learning-rate-too-high",
        "warning",
        f"The learning rate looks too high: {what}.",
        evidence,
        _rates(course, 0.1),
    )


def too_low(course: LearningCurves, chance: float) -> Finding | None:
    """Steps so short that learning has hardly begun: the loss falls as fast at the end as before.

    `chance` is the loss of guessing. Healthy learning slows down.
    """
    if course.count < LEAST:
        return None
    third = max(2, (course.count - 1) // 3)
    early = float(course.loss[0] - course.loss[third]) / third
    late = float(course.loss[-1 - third] - course.loss[-1]) / third
    held = course.loss if course.val_loss is None else course.val_loss
    falls = late > 3 * tremble(course.loss) / third and held[-1] < held[0] - 3 * tremble(held)
    if not falls or late < _SLOWING * early or course.loss[-1] < _UNLEARNED * chance:
        return None
    return Finding(
        "learning-rate-too-low",
        "warning",
        f"The learning rate looks too low: after {course.count} epochs the loss, at "
        f"{three_digits(float(course.loss[-1]))}, has come little below the {three_digits(chance)} of guessing,"
        f" and it still falls as fast as at the start ({three_digits(late)} an epoch, then "
        f"{three_digits(early)}).",
        {"early": early, "late": late, "last_loss": float(course.loss[-1]), "guessing": chance},
        f"{_rates(course, 10)}; or many more epochs",
    )


def _is_stuck(course: LearningCurves, chance: float) -> bool:
    """Whether the loss jumped in the first epoch, and has not moved from guessing since."""
    later = course.loss[1:]
    stays = later.size > 1 and np.abs(later - chance).max() < _STUCK * chance
    return bool(stays and course.loss[0] > later.max())


def _memorises(course: LearningCurves, chance: float | None) -> bool:
    """Whether it has learned its training images, so that its steps cannot have been too long."""
    return chance is not None and float(course.loss[-1]) < 0.05 * chance


def _rates(course: LearningCurves, factor: float) -> str:
    """The edit, with the rate where it is known."""
    ways = "ten times higher" if factor > 1 else "ten times lower"
    if course.learning_rate is None:
        return f"a learning rate {ways}"
    rate = factor * float(course.learning_rate.max())
    return f"a learning rate {ways}: --lr {rate:.2g}"
