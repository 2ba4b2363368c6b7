"""Verification that a model predicts on this machine what it predicted where it was saved.

A few generated images follow from a seed, so no user's image is passed on. The model's outputs for
them are stored with its weights, and computed again where the file is opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scallion.engine import random

if TYPE_CHECKING:
    from scallion.models.model import Model

SEED = 20261124
# Relative to the largest output. Engines and instruction sets differ by about 1e-6.
TOLERANCE = 1e-4
_COUNT = 4


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The largest difference from the stored outputs, relative to the largest stored output."""

    difference: float

    @property
    def is_identical(self) -> bool:
        """True if all outputs are bit-identical."""
        return self.difference == 0

    @property
    def is_verified(self) -> bool:
        """True if all outputs agree within rounding."""
        return self.difference <= TOLERANCE


def check_images(
    shape: tuple[int, ...], low: float, high: float, seed: int = SEED
) -> NDArray[np.float32]:
    """Return 4 images (4, *shape) with pixels from `low` to `high` in 256 steps.

    Two are noise, two are noise in blocks of 4 x 4 pixels. They depend on the seed alone: the
    Philox generator is the engine's own, so every machine draws the same ones.
    """
    words = random.words((_COUNT, *shape), seed=seed, step=0, operation=0)
    noise = (words >> np.uint32(24)).astype(np.float32)
    for image in noise[_COUNT // 2 :]:
        for axis in range(min(2, len(shape) - 1)):
            block_starts = np.arange(shape[axis]) // 4 * 4
            image[...] = image.take(block_starts, axis=axis)
    return np.float32(low) + noise * np.float32((high - low) / 255)


def record_outputs(model: "Model", low: float, high: float) -> dict[str, Any]:
    """Return the record that `compare_outputs` reads: seed, pixel range and the model's outputs."""
    outputs = model.predict_on_batch(check_images(_input_shape(model), low, high))
    return {"seed": SEED, "low": low, "high": high, "outputs": outputs.tolist()}


def compare_outputs(model: "Model", recorded: Mapping[str, Any]) -> VerificationResult:
    """Compare the recorded outputs with those of this machine.

    The difference is infinite for another shape, and for NaN or infinite outputs.
    """
    low, high, seed = recorded["low"], recorded["high"], recorded["seed"]
    images = check_images(_input_shape(model), low, high, seed)
    wanted = np.asarray(recorded["outputs"], np.float64)
    outputs = np.asarray(model.predict_on_batch(images), np.float64)
    if outputs.shape != wanted.shape or not np.isfinite(outputs).all():
        return VerificationResult(float("inf"))
    largest = max(np.abs(wanted).max(), 1e-12)
    return VerificationResult(float(np.abs(outputs - wanted).max() / largest))


def _input_shape(model: "Model") -> tuple[int, ...]:
    return model.inputs[0].image_shape
