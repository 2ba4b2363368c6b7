"""Learning rates: divergence, steps that are too large, steps that are too small."""

from collections.abc import Sequence

import numpy as np

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.findings.rules.dead_units import DeadUnits
from scallion.insight.findings.rules.underfitting import is_restrained
from scallion.insight.findings.training_curves import (
    MIN_EPOCHS,
    WINDOW,
    TrainingCurves,
    noise_std,
)
from scallion.text_format import percent, three_digits

_DEAD = 0.4  # of all units: sound runs keep nine of ten
_STUCK = 0.005  # of the chance loss: how close to it counts as stuck
_ROUGH = 0.10  # of the loss: its jumps from epoch to epoch
_SLOWING = 0.5  # sound learning slows to a fifth from its first third to its last
_UNLEARNED = 0.35  # of the chance loss


def _diverged(curves: TrainingCurves, non_finite_layer: str | None) -> Detection | None:
    if curves.is_finite:
        return None
    losses = [loss for loss in (curves.loss, curves.val_loss) if loss is not None]
    broken = np.flatnonzero(~np.isfinite(np.array(losses)).all(axis=0))
    epoch = curves.epoch_number(int(broken[0])) if len(broken) else None
    when = "" if epoch is None else f" in epoch {epoch}"
    where = (
        ""
        if non_finite_layer is None
        else f"; the first layer with NaN or infinite values is {non_finite_layer!r}"
    )
    return Detection(
        f"It diverged: the loss became NaN or infinite{when}{where}.",
        {"epoch": epoch, "layer": non_finite_layer},
        f"{_change_rate(curves, 0.1)}; check that pixels lie between 0 and 1",
    )


def _too_high(
    curves: TrainingCurves, chance_loss: float | None, dead_units: Sequence[DeadUnits]
) -> Detection | None:
    dead, units = sum(one.dead for one in dead_units), sum(one.units for one in dead_units)
    loss, rough = curves.loss, _roughness(curves)
    if dead >= _DEAD * units > 0:
        sign = f"{dead} of {units} units are dead: they output 0 for every image and stop learning"
    elif chance_loss is not None and _is_stuck(curves, chance_loss):
        sign = (
            f"the loss jumped to {three_digits(float(loss[0]))} in the first epoch and has stayed "
            f"at chance level, at {three_digits(float(loss[-1]))}"
        )
    elif rough > _ROUGH and not _memorises(curves, chance_loss) and not _has_fallen(curves):
        sign = (
            f"the training loss jumps by {percent(rough, 0)} from epoch to epoch instead of falling"
        )
    else:
        return None
    return Detection(
        f"The learning rate seems too high: {sign}.",
        {
            "roughness": rough,
            "first_loss": float(loss[0]),
            "last_loss": float(loss[-1]),
            "dead": {layer.layer: [layer.dead, layer.units] for layer in dead_units},
        },
        _change_rate(curves, 0.1),
    )


def _too_low(curves: TrainingCurves, chance_loss: float, images: int | None) -> Detection | None:
    """Detect that the loss falls as fast at the end as at the start: sound learning slows down."""
    if curves.epochs < MIN_EPOCHS or is_restrained(curves, images):
        return None
    loss, third = curves.loss, max(2, (curves.epochs - 1) // 3)
    early = float(loss[0] - loss[third]) / third
    late = float(loss[-1 - third] - loss[-1]) / third
    val_loss = loss if curves.val_loss is None else curves.val_loss
    falls = late > 3 * noise_std(loss) / third and val_loss[-1] < val_loss[0] - 3 * noise_std(
        val_loss
    )
    if not falls or late < _SLOWING * early or loss[-1] < _UNLEARNED * chance_loss:
        return None
    return Detection(
        f"The learning rate seems too low: after {curves.epochs} epochs the loss, "
        f"{three_digits(float(loss[-1]))}, is little below the chance level of "
        f"{three_digits(chance_loss)}, and it still falls as fast as at the start "
        f"({three_digits(late)} per epoch, then {three_digits(early)}).",
        {"early": early, "late": late, "last_loss": float(loss[-1]), "chance_loss": chance_loss},
        f"{_change_rate(curves, 10)}; or many more epochs",
    )


def _roughness(curves: TrainingCurves) -> float:
    """Return the noise of the training loss as a fraction of its median; 0 if it never rises."""
    if curves.epochs < MIN_EPOCHS or not (np.diff(curves.loss) > 0).any():
        return 0.0
    return noise_std(curves.loss) / float(np.median(curves.loss))


def _is_stuck(curves: TrainingCurves, chance_loss: float) -> bool:
    """Return whether the loss jumped in the first epoch and stayed at the chance level since."""
    later = curves.loss[1:]
    stays = later.size > 1 and np.abs(later - chance_loss).max() < _STUCK * chance_loss
    return bool(stays and curves.loss[0] > (1 + 2 * _STUCK) * later.max())


def _memorises(curves: TrainingCurves, chance_loss: float | None) -> bool:
    """Return whether it has learned its training images, so that its steps were not too large."""
    return chance_loss is not None and float(curves.loss[-1]) < 0.05 * chance_loss


def _has_fallen(curves: TrainingCurves) -> bool:
    """Return whether the loss fell to a seventh, jumps or not: few images make it jump."""
    return float(curves.loss[-WINDOW:].mean()) < curves.loss[0] / 7


def _change_rate(curves: TrainingCurves, factor: float) -> str:
    """Return the advice, with the new rate where the present one is known."""
    change = "ten times higher" if factor > 1 else "ten times lower"
    if curves.learning_rate is None:
        return f"a learning rate {change}"
    rate = factor * float(curves.learning_rate.max())
    return f"a learning rate {change}: --lr {rate:.2g}"


DIVERGED = FindingRule(
    "diverged", "error", _diverged, needs=("curves",), optional=("non_finite_layer",)
)
TOO_HIGH = FindingRule(
    "learning-rate-too-high",
    "warning",
    _too_high,
    needs=("curves", "dead_units"),
    optional=("chance_loss",),
    suppresses=("learning-rate-too-low",),
)
TOO_LOW = FindingRule(
    "learning-rate-too-low",
    "warning",
    _too_low,
    needs=("curves", "chance_loss"),
    optional=("images",),
)
