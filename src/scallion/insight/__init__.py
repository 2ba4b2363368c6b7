"""Evaluate and diagnose: pure functions of labels, probabilities, histories and activations."""

from scallion.insight.findings.diagnosis import at_least, diagnose
from scallion.insight.findings.label_errors import (
    LabelIssue,
    estimate_label_errors,
    find_label_issues,
    noisy_labels_finding,
)
from scallion.insight.findings.leakage import LeakedImage, leaked_images
from scallion.insight.findings.measurements import Measurements, measurements_of
from scallion.insight.findings.rules.dead_units import DeadUnits
from scallion.insight.findings.rules.gradients import RelativeGradient
from scallion.insight.findings.rules.normalization import NormalizationEffect
from scallion.insight.metrics.calibration import CalibrationCurve, calibration_curve
from scallion.insight.metrics.comparison import AccuracyDifference, compare_classifiers, mcnemar
from scallion.insight.metrics.confusion import (
    AverageScores,
    ClassScores,
    ConfusedPair,
    balanced_accuracy,
    confusion_matrix,
    macro_average,
    most_confused,
    normalize_rows,
    per_class,
    weighted_average,
)
from scallion.insight.metrics.evaluation import Evaluation, evaluate
from scallion.insight.metrics.intervals import Interval, wilson_interval
from scallion.insight.metrics.mistakes import Mistake, most_confident_mistakes
from scallion.insight.metrics.predictions import Predictions, as_predictions
from scallion.insight.metrics.probability_scores import (
    brier_score,
    log_loss,
    roc_auc,
    top_k_accuracy,
)

__all__ = [
    "AccuracyDifference",
    "AverageScores",
    "CalibrationCurve",
    "ClassScores",
    "ConfusedPair",
    "DeadUnits",
    "Evaluation",
    "Interval",
    "LabelIssue",
    "LeakedImage",
    "Measurements",
    "Mistake",
    "NormalizationEffect",
    "Predictions",
    "RelativeGradient",
    "as_predictions",
    "at_least",
    "balanced_accuracy",
    "brier_score",
    "calibration_curve",
    "compare_classifiers",
    "confusion_matrix",
    "diagnose",
    "estimate_label_errors",
    "evaluate",
    "find_label_issues",
    "leaked_images",
    "log_loss",
    "macro_average",
    "mcnemar",
    "measurements_of",
    "most_confident_mistakes",
    "most_confused",
    "noisy_labels_finding",
    "normalize_rows",
    "per_class",
    "roc_auc",
    "top_k_accuracy",
    "weighted_average",
    "wilson_interval",
]
