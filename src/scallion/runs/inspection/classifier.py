"""A trained model that can be asked: its classes, and how its images are to be prepared."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion import images as pictures
from scallion.errors import ArgumentError, DataError, StateError
from scallion.files import StrPath
from scallion.insight.findings.out_of_distribution import OutOfDistributionDetector
from scallion.models import Model, load_model
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.model_card import feature_model

BATCH = 256


class ClassProbability(NamedTuple):
    """A class and its probability."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What a model says of one image: the likeliest classes first.

    `unfamiliar` says that the image is unlike those that the model was trained on, so that little
    can be given on the answer; None where the model cannot tell.
    """

    top: tuple[ClassProbability, ...]
    unfamiliar: bool | None

    @property
    def name(self) -> str:
        """The likeliest class."""
        return self.top[0].name

    @property
    def probability(self) -> float:
        return self.top[0].probability


class Classifier:
    """A model with its class names and its way of preparing images: what `scallion.load` gives."""

    def __init__(self, model: Model) -> None:
        if model.model_card is None:
            raise StateError(
                f"the file of {model.name!r} does not name its classes",
                hint="scallion.models.load_model(path).predict(images) gives plain numbers",
            )
        about = model.model_card
        self.model = model
        self.class_names: tuple[str, ...] = tuple(about["class_names"])
        self.pixels: tuple[float, float] = tuple(about["input"]["range"])
        self.dtype = np.dtype(about["input"]["dtype"])
        self.shape: tuple[int, ...] = tuple(about["input"]["shape"])
        self.resize_rule = _sizing(about, self.shape)
        kept = about.get("out_of_distribution")
        self._familiarity = None if kept is None else OutOfDistributionDetector.from_dict(kept)
        self._features: Model | None = None

    @classmethod
    def load(cls, path: StrPath) -> "Classifier":
        """The model of a run folder, or in a `.keras` file that a run has written.

        Raises MissingFileError, FileError, StateError.
        """
        place = Path(path)
        if place.is_dir():
            place = RunFolder.open(place).model
        return cls(load_model(place, compile=False))

    def classify(self, image: Any, top: int = 3) -> Classification | list[Classification]:
        """What is on an image: a path, a Pillow image or an array; a list for several.

        Images of any size are prepared as those that the model was trained on. Raises FileError,
        DataError, ArgumentError.
        """
        if _is_several(image, self.shape):
            return self.classify_all(self.prepare(image), top)
        return self.classify_all(self.prepare([image]), top)[0]

    def classify_all(self, images: NDArray[Any], top: int = 3) -> list[Classification]:
        """What is on each of these prepared images."""
        if not isinstance(top, int) or top < 1:
            raise ArgumentError(
                f"top is a number of classes, from 1. Received: top={top!r}", hint="top=3"
            )
        rows = self.probabilities(images)
        strange = self.unlike(images)
        order = np.argsort(-rows, axis=1, kind="stable")[:, :top]
        return [
            Classification(
                tuple(
                    ClassProbability(self.class_names[place], float(row[place])) for place in places
                ),
                None if strange is None else bool(strange[number]),
            )
            for number, (row, places) in enumerate(zip(rows, order, strict=True))
        ]

    def probabilities(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """The probability of each class for prepared images: float64 (n, classes)."""
        return probabilities_of(self.model.predict(images, batch_size=BATCH, verbose=0))

    def unlike(self, images: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Which prepared images are unlike the training images; None where that is not known."""
        if self._familiarity is None:
            return None
        self._features = self._features or feature_model(self.model)
        seen = self._features.predict(images, batch_size=BATCH, verbose=0)
        return self._familiarity.is_outlier(seen, images)

    def prepare(self, images: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
        """Images of any kind as the network takes them: (n, height, width, channels)."""
        if isinstance(images, np.ndarray) and images.shape[1:] == self.shape:
            return self._checked(images)
        return np.stack([self._prepared(image) for image in images])

    def _prepared(self, image: Any) -> NDArray[Any]:
        if isinstance(image, np.ndarray):
            if image.shape == self.shape or (*image.shape, 1) == self.shape:
                return self._checked(image.reshape(self.shape))
            if image.dtype != np.uint8:
                raise DataError(
                    f"an array of another size has pixels from 0 to 255, uint8. "
                    f"Received: {image.dtype} of shape {image.shape}",
                    hint="(255 * image).astype('uint8') for pixels from 0 to 1",
                )
        elif not isinstance(image, str | PathLike | bytes) and not hasattr(image, "getbands"):
            raise DataError(
                f"an image is a path, a Pillow image or an array. Received: {type(image).__name__}",
                hint="classify('picture.png')",
            )
        low, high = self.pixels
        pixels = self.resize_rule.apply(image)
        if (low, high) == (0.0, 255.0):
            return pixels
        return (low + pixels * ((high - low) / 255)).astype(np.float32)

    def _checked(self, images: NDArray[Any]) -> NDArray[Any]:
        """Arrays of the right size, whose pixels must have the right range as well."""
        if self.pixels[1] > 1 and images.dtype.kind == "f" and 0 < float(images.max()) <= 1:
            raise DataError(
                f"the model takes pixels from {self.pixels[0]:g} to {self.pixels[1]:g}. "
                f"Received: {images.dtype} up to {float(images.max()):g}",
                hint=f"multiply them: images * {self.pixels[1]:g}",
            )
        return images


def load(path: StrPath) -> Classifier:
    """The model of a run folder, or in a `.keras` file that a run has written, to be asked.

    >>> scallion.load("runs/mnist-1").classify("seven.png").name  # doctest: +SKIP
    '7'
    """
    return Classifier.load(path)


def probabilities_of(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """What a classifier gives, as probabilities (n, classes): a softmax where it gives logits."""
    rows = np.asarray(outputs, np.float64)
    sums = rows.sum(axis=1, keepdims=True)
    if (rows >= 0).all() and np.allclose(sums, 1, atol=1e-3):
        return rows / sums
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _sizing(about: dict[str, Any], shape: tuple[int, ...]) -> pictures.ResizeRule:
    """The rule that the model was trained with; for arrays, everything is kept and padded."""
    kept = about["preprocessing"].get("resize_rule")
    if kept is not None:
        return pictures.ResizeRule.from_dict(kept)
    height, width, channels = shape
    return pictures.ResizeRule(height, width, channels, "pad")


def _is_several(image: Any, shape: tuple[int, ...]) -> bool:
    if isinstance(image, list | tuple):
        return True
    return isinstance(image, np.ndarray) and (
        image.ndim == 4 or (image.ndim == 3 and shape[-1] == 1 and image.shape[1:] == shape[:2])
    )
