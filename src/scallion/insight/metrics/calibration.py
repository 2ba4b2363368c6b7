"""Calibration: how confidence compares with accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.insight.metrics.predictions import Predictions

BINS = 15


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCurve:
    """How often the answers of about equal confidence are right, a bin an entry, (bins,) each.

    `confidence` and `accuracy` are means over a bin, nan where it is empty.
    """

    edges: NDArray[np.float64]
    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def error(self) -> float:
        """The expected calibration error: |accuracy - confidence|, each bin by its images."""
        filled = self.count > 0
        gaps = np.abs(self.accuracy[filled] - self.confidence[filled])
        return float((self.count[filled] * gaps).sum() / self.count.sum())


def calibration_curve(answers: Predictions, bins: int = BINS) -> CalibrationCurve:
    """Confidence, the probability of the predicted class, against how often it is right.

    The bins are equally wide; a confidence on an edge belongs to the lower one, as in Guo et al.
    (2017).
    """
    if bins < 1:
        raise ArgumentError(f"there is one bin or more. Received: bins={bins!r}", hint="bins=15")
    confidence = answers.probabilities.max(axis=1)
    right = answers.predicted == answers.labels
    edges = np.linspace(0, 1, bins + 1)
    above = np.asarray(edges.searchsorted(confidence, side="left"), np.intp)
    places: NDArray[np.intp] = np.maximum(above - 1, 0)
    count = np.bincount(places, minlength=bins)

    def means(values: NDArray[np.generic]) -> NDArray[np.float64]:
        sums = np.bincount(places, weights=values, minlength=bins)
        return np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0)

    return CalibrationCurve(edges, count.astype(np.int64), means(confidence), means(right))
