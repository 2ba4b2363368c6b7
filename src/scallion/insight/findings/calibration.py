"""Miscalibration: confidence that differs from accuracy."""

from math import sqrt

from scallion.findings import Finding
from scallion.insight.metrics.calibration import CalibrationCurve
from scallion.text_format import percent

_SURE = 3.0
_OFF, _FAR_OFF = 0.05, 0.15


def miscalibration(curve: CalibrationCurve) -> Finding | None:
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
