"""When a classifier should say that it is not sure: a threshold of its highest probability."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scallion.insight.metrics.predictions import Predictions

_LEAST = 20  # images, below which no threshold can be chosen
_LEAST_COVERAGE = 0.5  # of the images must get an answer


@dataclass(frozen=True, slots=True)
class AbstentionThreshold:
    """The highest probability below which a classifier is not sure.

    `coverage` is the fraction of the validation images that reach it, `accuracy` the fraction of
    these that are classified correctly.
    """

    probability: float
    coverage: float
    accuracy: float

    def as_dict(self) -> dict[str, Any]:
        """Return the values as JSON can hold them."""
        return {"version": 1, **asdict(self)}


def choose_threshold(predictions: Predictions) -> AbstentionThreshold | None:
    """Return the lowest threshold that halves the error rate of the images that reach it.

    It is None for fewer than 20 images, and where it would leave out more than half of them: the
    probabilities do not tell wrong predictions from correct ones then. Without any error it is the
    lowest of the probabilities.
    """
    if predictions.count < _LEAST:
        return None
    highest = predictions.probabilities.max(axis=1)
    order = np.argsort(-highest, kind="stable")
    highest = highest[order]
    wrong = np.cumsum((predictions.predicted != predictions.labels)[order])
    counts = np.arange(1, predictions.count + 1)
    is_end = np.append(highest[1:] < highest[:-1], True)  # of images with an equal probability
    goal = wrong[-1] / predictions.count / 2
    reached = np.flatnonzero(is_end & (wrong <= goal * counts))
    if not reached.size or counts[reached[-1]] < _LEAST_COVERAGE * predictions.count:
        return None
    last = reached[-1]
    return AbstentionThreshold(
        float(highest[last]),
        float(counts[last] / predictions.count),
        float(1 - wrong[last] / counts[last]),
    )
