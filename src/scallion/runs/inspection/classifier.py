"""A trained classifier: a model with its class names and its preprocessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError, StateError
from scallion.files import StrPath
from scallion.images import ResizeRule
from scallion.insight.findings.out_of_distribution import OutOfDistributionDetector, make_thumbnails
from scallion.insight.metrics.predictions import as_probabilities
from scallion.models import Model, load_model
from scallion.pixel_ranges import PixelRange, convert_pixels
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.model_metadata import feature_model

BATCH = 256
_BYTES = PixelRange("uint8", 0.0, 255.0)


class ClassProbability(NamedTuple):
    """A class and its probability."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Classification:
    """The prediction for one image: the most probable classes, in descending order.

    `is_out_of_distribution` says whether the image is unlike the training images, so that the
    prediction cannot be trusted; `is_not_sure` whether its probability is below the threshold that
    halves the error rate of the validation images. They are None if that is unknown.
    """

    top: tuple[ClassProbability, ...]
    is_out_of_distribution: bool | None
    is_not_sure: bool | None = None

    @property
    def name(self) -> str:
        """The most probable class."""
        return self.top[0].name

    @property
    def probability(self) -> float:
        """The probability of the most probable class."""
        return self.top[0].probability


class Classifier:
    """A model with its class names and its preprocessing, as `scallion.load` returns it."""

    def __init__(self, model: Model) -> None:
        if model.metadata is None:
            raise StateError(
                f"the file of {model.name!r} does not name its classes",
                hint="scallion.models.load_model(path).predict(images) returns plain numbers",
            )
        about = model.metadata
        self.model = model
        self.class_names: tuple[str, ...] = tuple(about["class_names"])
        self.pixels: tuple[float, float] = tuple(about["input"]["range"])
        self.dtype = np.dtype(about["input"]["dtype"])
        self.pixel_range = PixelRange(self.dtype.name, *self.pixels)
        self.shape: tuple[int, ...] = tuple(about["input"]["shape"])
        self.resize_rule = _resize_rule(about, self.shape)
        stored = about.get("out_of_distribution")
        self._detector = None if stored is None else self._read_detector(stored)
        self.threshold = _threshold(about.get("abstention"))
        self._features: Model | None = None

    def _read_detector(self, stored: dict[str, Any]) -> OutOfDistributionDetector:
        """Return the stored detector. Raises DataError where it belongs to another network."""
        detector = OutOfDistributionDetector.from_dict(stored)
        features = int(np.prod(self.model.outputs[0].node.inputs[0].image_shape))
        pixels = make_thumbnails(np.zeros((1, *self.shape))).shape[1]
        if (detector.features.size, detector.thumbnails.size) != (features, pixels):
            raise DataError(
                f"the out-of-distribution detector takes {detector.features.size} features and "
                f"{detector.thumbnails.size} pixels, and the network gives {features} and {pixels}",
                hint="restore the model's file from a copy",
            )
        return detector

    @classmethod
    def load(cls, path: StrPath) -> "Classifier":
        """Return the model of a run folder, or of a `.keras` file that a run has written.

        Raises MissingFileError, FileError, StateError.
        """
        return cls(load_model(RunFolder.model_of(path), compile=False))

    def classify(self, image: Any, top: int = 3) -> Classification | list[Classification]:
        """Classify an image: a path, a Pillow image or an array; several images give a list.

        Images of any size are preprocessed as the training images were. `top` is the number of
        classes to return. Raises FileError, DataError, ArgumentError.
        """
        if _is_several(image, self.shape):
            return self.classify_prepared(self.prepare(image), top)
        return self.classify_prepared(self.prepare([image]), top)[0]

    def classify_all(self, images: NDArray[Any], top: int = 3) -> list[Classification]:
        """Classify images of the network's size: an array (n, height, width, channels).

        Raises DataError for pixels of another type or range than the training images had.
        """
        images = np.asarray(images)
        if images.shape[1:] != self.shape:
            raise DataError(
                f"classify_all takes an array (n, {', '.join(map(str, self.shape))}). "
                f"Received: shape {images.shape}",
                hint="classify(images) resizes images, and reads files",
            )
        return self.classify_prepared(convert_pixels(images, self.pixel_range), top)

    def classify_prepared(self, images: NDArray[Any], top: int = 3) -> list[Classification]:
        """Classify what `prepare` returned. Raises ArgumentError."""
        if not isinstance(top, int) or top < 1:
            raise ArgumentError(
                f"top is a number of classes, from 1. Received: top={top!r}", hint="top=3"
            )
        rows = self.probabilities(images)
        outliers = self.out_of_distribution(images)
        order = np.argsort(-rows, axis=1, kind="stable")[:, :top]
        return [
            Classification(
                tuple(
                    ClassProbability(self.class_names[label], float(row[label])) for label in labels
                ),
                None if outliers is None else bool(outliers[number]),
                None if self.threshold is None else bool(row.max() < self.threshold),
            )
            for number, (row, labels) in enumerate(zip(rows, order, strict=True))
        ]

    def probabilities(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Return the probability of each class for preprocessed images: float64 (n, classes)."""
        return as_probabilities(self.model.predict(images, batch_size=BATCH, verbose=0))

    def out_of_distribution(self, images: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Return which preprocessed images are unlike the training images: bool (n,), or None."""
        if self._detector is None:
            return None
        self._features = self._features or feature_model(self.model)
        features = self._features.predict(images, batch_size=BATCH, verbose=0)
        return self._detector.is_outlier(features, images)

    def prepare(self, images: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
        """Preprocess images of any kind: (n, height, width, channels).

        Arrays need the type and range of the training images; booleans, and uint8 for a range from
        0 to 1, are converted. Raises DataError for others, with the edit.
        """
        if isinstance(images, np.ndarray):
            if images.ndim == 3 and (*images.shape[1:], 1) == self.shape:
                images = images[..., None]
            if images.shape[1:] == self.shape:
                return convert_pixels(images, self.pixel_range)
        return np.stack([self._prepare_one(image) for image in images])

    def _prepare_one(self, image: Any) -> NDArray[Any]:
        if isinstance(image, np.ndarray):
            if image.shape == self.shape or (*image.shape, 1) == self.shape:
                return convert_pixels(image.reshape(1, *self.shape), self.pixel_range)[0]
            if image.dtype in (np.uint8, np.bool_):
                image = convert_pixels(image[None], _BYTES)[0]
            if image.dtype != np.uint8:
                raise DataError(
                    f"an array of another size has pixels from 0 to 255, uint8. "
                    f"Received: {image.dtype} of shape {image.shape}",
                    hint="(255 * image).astype('uint8') for pixels from 0 to 1",
                )
        elif not isinstance(image, str | PathLike | bytes) and not hasattr(image, "getbands"):
            raise DataError(
                f"an image is a path, a Pillow image or an array. Received: {type(image).__name__}",
                hint="classify('image.png')",
            )
        low, high = self.pixels
        pixels = self.resize_rule.apply(image)
        if (low, high) == (0.0, 255.0):
            return pixels
        return (low + pixels * ((high - low) / 255)).astype(np.float32)


def load(path: StrPath) -> Classifier:
    """Return the classifier of a run folder, or of a `.keras` file that a run has written.

    >>> scallion.load("runs/mnist-1").classify("seven.png").name  # doctest: +SKIP
    '7'
    """
    return Classifier.load(path)


def _threshold(stored: Mapping[str, Any] | None) -> float | None:
    """Return the probability below which a prediction is not sure. Raises DataError."""
    if stored is None:
        return None
    threshold = stored.get("probability")
    if stored.get("version") != 1 or not isinstance(threshold, float) or not 0 <= threshold <= 1:
        raise DataError(
            f"the threshold of sure predictions is damaged. Received: {stored!r:.80}",
            hint="restore the model's file from a copy",
        )
    return threshold


def _resize_rule(about: dict[str, Any], shape: tuple[int, ...]) -> ResizeRule:
    """Return the rule that the model was trained with; for arrays, images are padded."""
    stored = about["preprocessing"].get("resize_rule")
    if stored is None and len(shape) == 3:
        height, width, channels = shape
        return ResizeRule(height, width, channels, "pad")
    rule = ResizeRule.from_dict(stored) if isinstance(stored, Mapping) else None
    if rule is None or rule.shape != shape:
        raise DataError(
            f"the model's resize rule does not give its input {shape}. Received: {stored!r:.80}",
            hint="restore the model's file from a copy",
        )
    return rule


def _is_several(image: Any, shape: tuple[int, ...]) -> bool:
    if isinstance(image, list | tuple):
        return True
    return isinstance(image, np.ndarray) and (
        image.ndim == 4 or (image.ndim == 3 and shape[-1] == 1 and image.shape[1:] == shape[:2])
    )
