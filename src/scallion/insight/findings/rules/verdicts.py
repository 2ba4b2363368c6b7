"""Verdicts where nothing is wrong: healthy, or not to be judged from these data."""

from collections.abc import Sequence

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.findings.training_curves import MIN_EPOCHS, TrainingCurves
from scallion.insight.metrics.intervals import wilson_interval
from scallion.text_format import percent, plural


def _inconclusive(curves: TrainingCurves) -> Detection | None:
    evidence = {"epochs": curves.epochs}
    if curves.val_loss is None:
        return Detection(
            "Overfitting cannot be judged: no validation images were kept.",
            evidence,
            "keep some: validation_split=0.1 in fit",
        )
    if curves.epochs < MIN_EPOCHS:
        return Detection(
            f"Overfitting cannot be judged yet: {plural(curves.epochs, 'epoch')} "
            f"{'is' if curves.epochs == 1 else 'are'} too few for a trend.",
            evidence,
            f"at least {MIN_EPOCHS} epochs: --epochs {2 * MIN_EPOCHS}",
        )
    return None


def _healthy(curves: TrainingCurves, correct: int | None, images: int | None) -> Detection:
    parts: Sequence[str] = (*_accuracy(correct, images), *_gap(curves, correct, images))
    return Detection(
        f"No fault found in training: no overfitting in {plural(curves.epochs, 'epoch')}"
        + "".join(f", {part}" for part in parts)
        + ".",
        {"epochs": curves.epochs},
    )


def _accuracy(correct: int | None, images: int | None) -> list[str]:
    if correct is None or not images:
        return []
    low, high = wilson_interval(correct, images)
    interval = f"95 % interval {percent(low)[:-2]} to {percent(high)}"
    return [f"a validation accuracy of {percent(correct / images)} ({interval})"]


def _gap(curves: TrainingCurves, correct: int | None, images: int | None) -> list[str]:
    """Return by how much that accuracy is below the training accuracy of the same epoch.

    Without a measured accuracy, the gap is the mean of the last epochs.
    """
    if correct is None or not images:
        gap = 100 * (curves.accuracy_gap or 0.0)
        return [f"{gap:.1f} points below training accuracy"] if gap > 0.05 else []
    training, best = curves.training_accuracy_at_best, curves.best_index
    if training is None or best is None:
        return []
    gap = 100 * (training - correct / images)
    epoch = curves.epoch_number(best)
    return [f"{gap:.1f} points below training accuracy in epoch {epoch}"] if gap > 0.05 else []


INCONCLUSIVE = FindingRule(
    "inconclusive", "info", _inconclusive, needs=("curves",), suppresses=("healthy",)
)
HEALTHY = FindingRule(
    "healthy", "info", _healthy, needs=("curves",), optional=("correct", "images")
)
