"""What results mean: pure functions of labels, probabilities and histories."""

from scallion.insight.activity import Silence, first_broken, silent_units
from scallion.insight.answers import Answers, answers
from scallion.insight.comparison import Difference, compare_answers, mcnemar
from scallion.insight.confusion import (
    Average,
    Confused,
    PerClass,
    balanced_accuracy,
    confusion_matrix,
    macro_average,
    most_confused,
    normalized,
    per_class,
    weighted_average,
)
from scallion.insight.diagnosis import Facts, at_least, diagnose, facts_of
from scallion.insight.evaluation import Evaluation, evaluate
from scallion.insight.intervals import Interval, wilson
from scallion.insight.labels import (
    Doubt,
    confidently_wrong,
    doubtful_labels,
    noisy_labels,
    out_of_fold,
)
from scallion.insight.leaks import Copy, copied
from scallion.insight.mistakes import Mistake, most_confident_mistakes
from scallion.insight.probabilities import (
    Reliability,
    brier_score,
    log_loss,
    reliability,
    roc_auc,
    top_k_accuracy,
)
from scallion.insight.slopes import slopes
from scallion.insight.soundness import Slope

__all__ = [
    "Answers",
    "Average",
    "Confused",
    "Copy",
    "Difference",
    "Doubt",
    "Evaluation",
    "Facts",
    "Interval",
    "Mistake",
    "PerClass",
    "Reliability",
    "Silence",
    "Slope",
    "answers",
    "at_least",
    "balanced_accuracy",
    "brier_score",
    "compare_answers",
    "confidently_wrong",
    "confusion_matrix",
    "copied",
    "diagnose",
    "doubtful_labels",
    "evaluate",
    "facts_of",
    "first_broken",
    "log_loss",
    "macro_average",
    "mcnemar",
    "most_confident_mistakes",
    "most_confused",
    "noisy_labels",
    "normalized",
    "out_of_fold",
    "per_class",
    "reliability",
    "roc_auc",
    "silent_units",
    "slopes",
    "top_k_accuracy",
    "weighted_average",
    "wilson",
]
