"""Misclassified images, most confident first."""

from typing import NamedTuple

import numpy as np

from scallion.insight.metrics.predictions import Predictions


class Mistake(NamedTuple):
    """Image `image` of class `true` was classified as `predicted` with this probability."""

    image: int
    true: int
    predicted: int
    probability: float


def most_confident_mistakes(predictions: Predictions, most: int = 25) -> list[Mistake]:
    """Return the misclassified images by descending probability; ties in image order."""
    predicted = predictions.predicted
    wrong = np.flatnonzero(predicted != predictions.labels)
    confidence = predictions.probabilities[wrong, predicted[wrong]]
    chosen = wrong[np.argsort(-confidence, kind="stable")[:most]]
    return [
        Mistake(
            int(image),
            int(predictions.labels[image]),
            int(predicted[image]),
            float(predictions.probabilities[image, predicted[image]]),
        )
        for image in chosen
    ]
