"""Calibration: how confidence compares with accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.insight.metrics.predictions import Predictions

BINS = 15


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCurve:
    """Accuracy of predictions of similar confidence, one value per bin: (bins,) each.

    `confidence` and `accuracy` are means over a bin, NaN where it is empty; `edges` is (bins + 1,).
    """

    edges: NDArray[np.float64]
    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def error(self) -> float:
        """The expected calibration error: |accuracy - confidence|, weighted by bin size."""
        filled = self.count > 0
        gaps = np.abs(self.accuracy[filled] - self.confidence[filled])
        return float((self.count[filled] * gaps).sum() / self.count.sum())


def calibration_curve(predictions: Predictions, bins: int = BINS) -> CalibrationCurve:
    """Compare confidence, the probability of the predicted class, with accuracy.

    Bins are equally wide; a confidence on an edge belongs to the lower bin, as in Guo et al.
    (2017). Raises ArgumentError for fewer than one bin.
    """
    if bins < 1:
        raise ArgumentError(f"there is one bin or more. Received: bins={bins!r}", hint="bins=15")
    confidence = predictions.probabilities.max(axis=1)
    correct = predictions.predicted == predictions.labels
    edges = np.linspace(0, 1, bins + 1)
    upper = np.asarray(edges.searchsorted(confidence, side="left"), np.intp)
    places: NDArray[np.intp] = np.maximum(upper - 1, 0)
    count = np.bincount(places, minlength=bins)

    def means(values: NDArray[np.generic]) -> NDArray[np.float64]:
        sums = np.bincount(places, weights=values, minlength=bins)
        return np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0)

    return CalibrationCurve(edges, count.astype(np.int64), means(confidence), means(correct))
