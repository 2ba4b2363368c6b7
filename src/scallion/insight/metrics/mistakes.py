"""The answers that a classifier was surest of, and wrong."""

from typing import NamedTuple

import numpy as np

from scallion.insight.metrics.predictions import Predictions


class Mistake(NamedTuple):
    """Image `image`, of class `true`, was taken for `predicted` with this probability."""

    image: int
    true: int
    predicted: int
    probability: float


def most_confident_mistakes(answers: Predictions, most: int = 25) -> list[Mistake]:
    """The mistakes with the highest probability, highest first; of equals the earlier image."""
    predicted = answers.predicted
    wrong = np.flatnonzero(predicted != answers.labels)
    sure = answers.probabilities[wrong, predicted[wrong]]
    chosen = wrong[np.argsort(-sure, kind="stable")[:most]]
    return [
        Mistake(
            int(image),
            int(answers.labels[image]),
            int(predicted[image]),
            float(answers.probabilities[image, predicted[image]]),
        )
        for image in chosen
    ]
