"""A proof that a model answers here as it answered where it was saved.

A few made-up images follow from a seed, so nobody's pictures are handed on; what the network
answers to them is kept beside its weights, and computed again where the file is opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.engine import random
from scallion.models.model import Model

SEED = 20261124
TOLERANCE = 1e-4  # of the largest answer: engines and instruction sets round a millionth apart
_COUNT = 4


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """How far the answers lie from those that were kept, of the largest of these."""

    difference: float

    @property
    def is_identical(self) -> bool:
        """Whether every answer is the same to the last bit."""
        return self.difference == 0

    @property
    def holds(self) -> bool:
        """Whether the answers are the same but for rounding."""
        return self.difference <= TOLERANCE


def made_up(
    shape: tuple[int, ...], low: float, high: float, seed: int = SEED
) -> NDArray[np.float32]:
    """Images (4, ...) from `low` to `high` in 256 steps: two of noise, two of coarse noise.

    They follow from the seed on every machine: Philox as the engine draws it.
    """
    words = random.words((_COUNT, *shape), seed=seed, step=0, operation=0)
    noise = (words >> np.uint32(24)).astype(np.float32)
    for image in noise[_COUNT // 2 :]:
        for axis in range(min(2, len(shape) - 1)):
            places = np.arange(shape[axis]) // 4 * 4  # four pixels in a row are alike
            image[...] = image.take(places, axis=axis)
    return np.float32(low) + noise * np.float32((high - low) / 255)


def prove(model: Model, low: float, high: float) -> dict[str, Any]:
    """What `check` needs: the seed, the range of pixels, and the answers."""
    answers = model.predict_on_batch(made_up(_shape(model), low, high))
    return {"seed": SEED, "low": low, "high": high, "outputs": answers.tolist()}


def check(model: Model, kept: Mapping[str, Any]) -> VerificationResult:
    """The kept answers against those of this machine."""
    images = made_up(_shape(model), kept["low"], kept["high"], kept["seed"])
    wanted = np.asarray(kept["outputs"], np.float64)
    answers = np.asarray(model.predict_on_batch(images), np.float64)
    if answers.shape != wanted.shape or not np.isfinite(answers).all():
        return VerificationResult(float("inf"))
    return VerificationResult(
        float(np.abs(answers - wanted).max() / max(np.abs(wanted).max(), 1e-12))
    )


def _shape(model: Model) -> tuple[int, ...]:
    return model.inputs[0].image_shape
