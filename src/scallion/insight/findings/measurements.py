"""Measurements of a trained model and its data, besides the learning curves."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import log
from typing import Any

from scallion.insight.findings.rules.dead_units import DeadUnits
from scallion.insight.findings.rules.gradients import RelativeGradient
from scallion.insight.findings.rules.normalization import NormalizationEffect
from scallion.insight.findings.training_curves import TrainingCurves
from scallion.insight.metrics.calibration import CalibrationCurve, calibration_curve
from scallion.insight.metrics.confusion import confusion_matrix
from scallion.insight.metrics.predictions import Predictions


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """Measurements besides the learning curves; None for those that were not made.

    `correct` of `images` validation images are classified correctly, `linear_correct` by a linear
    model on the pixels; the largest class has `largest_class` of them. `class_counts` are training
    images per class. `duplicates` counts validation images that are training images too.
    `training_correct` of `training_images` training images are classified correctly in prediction;
    `normalization` is None for models without batch normalization. A network that `is_pretrained`
    gets other advice.
    """

    classes: int | None = None
    images: int | None = None
    correct: int | None = None
    linear_correct: int | None = None
    largest_class: int | None = None
    class_counts: Sequence[int] | None = None
    class_names: Sequence[str] | None = None
    calibration: CalibrationCurve | None = None
    dead_units: Sequence[DeadUnits] = ()
    gradients: Sequence[RelativeGradient] = ()
    duplicates: int | None = None
    non_finite_layer: str | None = None
    training_correct: int | None = None
    training_images: int | None = None
    normalization: NormalizationEffect | None = None
    is_pretrained: bool = False

    @property
    def majority_accuracy(self) -> float | None:
        """The accuracy of always predicting the largest class."""
        if self.largest_class is not None and self.images:
            return self.largest_class / self.images
        return None if self.classes is None else 1 / self.classes

    @property
    def chance_loss(self) -> float | None:
        """The cross-entropy of uniform predictions: log of the number of classes."""
        return None if self.classes is None else log(self.classes)


def measurements_of(predictions: Predictions, **others: Any) -> Measurements:
    """Measure validation predictions; `others` are further fields of `Measurements`."""
    matrix = confusion_matrix(predictions.labels, predictions.predicted, predictions.classes)
    return Measurements(
        classes=predictions.classes,
        images=predictions.count,
        correct=int(matrix.trace()),
        largest_class=int(matrix.sum(axis=1).max()),
        calibration=calibration_curve(predictions),
        **others,
    )


def training_facts(curves: TrainingCurves, measured: Measurements) -> dict[str, Any]:
    """Return all facts by the names that finding rules use; `curves` are the curves as a whole."""
    names = [field.name for field in fields(measured)]
    facts = {name: getattr(measured, name) for name in names}
    facts["images"] = measured.images or None
    for name in ("val_loss", "accuracy", "val_accuracy", "accuracy_gap"):
        facts[name] = getattr(curves, name)
    facts["curves"] = curves
    facts["majority_accuracy"] = measured.majority_accuracy
    facts["chance_loss"] = measured.chance_loss
    return facts
