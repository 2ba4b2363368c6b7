"""All scores of a classifier on one set of images."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.insight.metrics import confusion, probability_scores
from scallion.insight.metrics.calibration import CalibrationCurve, calibration_curve
from scallion.insight.metrics.confusion import AverageScores, ClassScores, ConfusedPair, Counts
from scallion.insight.metrics.intervals import Interval, wilson_interval
from scallion.insight.metrics.predictions import as_predictions


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """All scores of one model on one set of images.

    `largest_class` is the accuracy of always predicting the most frequent class. `top_k` holds the
    accuracies for k = 1, 2, ... up to 5 or the number of classes. `roc_auc` is the mean over the
    classes that have images, `per_class_roc_auc` is NaN for the others.
    """

    images: int
    accuracy: float
    interval: Interval
    balanced_accuracy: float
    largest_class: float
    top_k: tuple[float, ...]
    macro: AverageScores
    weighted: AverageScores
    per_class: ClassScores
    per_class_roc_auc: NDArray[np.float64]
    roc_auc: float
    log_loss: float
    brier_score: float
    calibration_error: float
    calibration: CalibrationCurve
    confusion: Counts
    most_confused: tuple[ConfusedPair, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all scores by name, as JSON can hold them."""
        columns = {
            **{field.name: getattr(self.per_class, field.name) for field in fields(self.per_class)},
            "roc_auc": self.per_class_roc_auc,
        }
        curve = self.calibration
        bins = {field.name: getattr(curve, field.name) for field in fields(curve)}
        plain = ("images", "accuracy", "balanced_accuracy", "largest_class", "top_k")
        more = ("roc_auc", "log_loss", "brier_score", "calibration_error")
        return {
            **{name: getattr(self, name) for name in plain},
            "interval": list(self.interval),
            "macro": self.macro._asdict(),
            "weighted": self.weighted._asdict(),
            **{name: getattr(self, name) for name in more},
            "per_class": {name: values.tolist() for name, values in columns.items()},
            "calibration": {name: values.tolist() for name, values in bins.items()},
            "confusion": self.confusion.tolist(),
            "most_confused": [pair._asdict() for pair in self.most_confused],
        }


def evaluate(labels: ArrayLike, probabilities: ArrayLike) -> Evaluation:
    """Compute all scores from labels (n,) and probabilities (n, classes).

    They equal scikit-learn's where it has the score. Raises DataError for invalid labels or
    probabilities.
    """
    given = as_predictions(labels, probabilities)
    matrix = confusion.confusion_matrix(given.labels, given.predicted, given.classes)
    correct = int(matrix.trace())
    curve = calibration_curve(given)
    areas = probability_scores.roc_auc(given)
    known = areas[~np.isnan(areas)]
    return Evaluation(
        images=given.count,
        accuracy=correct / given.count,
        interval=wilson_interval(correct, given.count),
        balanced_accuracy=confusion.balanced_accuracy(matrix),
        largest_class=int(matrix.sum(axis=1).max()) / given.count,
        top_k=tuple(
            probability_scores.top_k_accuracy(given, k) for k in range(1, min(5, given.classes) + 1)
        ),
        macro=confusion.macro_average(matrix),
        weighted=confusion.weighted_average(matrix),
        per_class=confusion.per_class(matrix),
        per_class_roc_auc=areas,
        roc_auc=float(known.mean()) if known.size else float("nan"),
        log_loss=probability_scores.log_loss(given),
        brier_score=probability_scores.brier_score(given),
        calibration_error=curve.error,
        calibration=curve,
        confusion=matrix,
        most_confused=tuple(confusion.most_confused(matrix)),
    )
