"""Miscalibration: confidence that differs from accuracy."""

from math import sqrt

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.metrics.calibration import CalibrationCurve
from scallion.insight.metrics.intervals import SIGNIFICANT
from scallion.text_format import percent

_GAP, _LARGE_GAP = 0.05, 0.15  # between mean confidence and accuracy


def _miscalibrated(calibration: CalibrationCurve) -> Detection | None:
    filled = calibration.count > 0
    count = calibration.count[filled]
    total = int(count.sum())
    confidence = float((count * calibration.confidence[filled]).sum()) / total
    accuracy = float((count * calibration.accuracy[filled]).sum()) / total
    gap = confidence - accuracy
    error = sqrt(max(accuracy * (1 - accuracy), 1e-9) / total)
    if abs(gap) <= max(_GAP, SIGNIFICANT * error):
        return None
    return Detection(
        f"It is {'overconfident' if gap > 0 else 'underconfident'}: its mean confidence is "
        f"{percent(confidence, 0)}, and {percent(accuracy, 0)} of its {total:,} predictions are "
        "correct.",
        {"confidence": confidence, "accuracy": accuracy, "calibration_error": calibration.error},
        "use its probabilities to rank, not as probabilities; stopping earlier or dropout improves "
        "calibration",
        "warning" if gap >= _LARGE_GAP else "info",  # modest probabilities harm nobody
    )


MISCALIBRATED = FindingRule("miscalibrated", "warning", _miscalibrated, needs=("calibration",))
