"""Training, validation and test images of a run, and how arrays are split into them."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets, images
from scallion.datasets import DatasetArrays
from scallion.errors import DataError
from scallion.findings import Finding
from scallion.runs.training.data_reference import update_digest

FRACTION = 0.1
SPLIT_SEED = 0  # not the run's seed: runs on the same data share their validation images


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """One split: images `x` (n, h, w, c), labels `y` (n,), and sample weights (n,) or None."""

    x: NDArray[Any]
    y: NDArray[Any]
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def fingerprint(self) -> str:
        """Return the SHA-256 of all pixels and labels as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        update_digest(digest, self.x, self.y)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class DataSplits:
    """Three splits that share no image; `sha256` identifies the choice of validation images."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    sha256: str


@dataclass(frozen=True, slots=True)
class RunData:
    """The splits of a data set with its name and class names.

    `split_info` says how the splits were made, `resize_rule` how image files are resized (None for
    arrays), and `findings` are those of a brief check of the images.
    """

    name: str
    class_names: tuple[str, ...]
    splits: DataSplits
    split_info: dict[str, Any]
    resize_rule: images.ResizeRule | None = None
    findings: list[Finding] = field(default_factory=list)


def split_arrays(arrays: DatasetArrays, limit: int | None = None) -> DataSplits:
    """Return three splits; missing ones are taken from the training images, a tenth for each.

    Raises DataError for fewer than 20 training images where some have to be taken from them.
    """
    x, y = arrays.x_train[:limit], arrays.y_train[:limit]
    if arrays.x_test is None or arrays.y_test is None:
        _require_enough(y, limit)
        # A seed of its own, so that the same images are not drawn twice.
        outer = datasets.split(y, fraction=FRACTION, seed=SPLIT_SEED + 1)
        test = LabelledImages(x[outer.validation], y[outer.validation])
        x, y = x[outer.train], y[outer.train]
    else:
        test = LabelledImages(arrays.x_test, arrays.y_test)
    if arrays.x_val is not None and arrays.y_val is not None:
        validation = LabelledImages(arrays.x_val[:limit], arrays.y_val[:limit])
        return DataSplits(LabelledImages(x, y), validation, test, validation.fingerprint())
    _require_enough(y, limit)
    inner = datasets.split(y, fraction=FRACTION, seed=SPLIT_SEED)
    return DataSplits(
        LabelledImages(x[inner.train], y[inner.train]),
        LabelledImages(x[inner.validation], y[inner.validation]),
        test,
        inner.sha256,
    )


def balance_classes(part: LabelledImages, classes: int) -> LabelledImages:
    """Return the images with sample weights inverse to the frequency of their class; the mean is 1.

    >>> images = LabelledImages(np.zeros((4, 1)), np.array([0, 0, 0, 1]))
    >>> balance_classes(images, 2).weights.round(3).tolist()
    [0.6669999957084656, 0.6669999957084656, 0.6669999957084656, 2.0]
    """
    counts = np.bincount(part.y, weights=part.weights, minlength=classes)
    factors = counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1e-12))
    weights = factors[part.y] * (1.0 if part.weights is None else part.weights)
    return replace(part, weights=weights.astype(np.float32))


def pixel_scale(images: NDArray[Any]) -> float:
    """Return the factor that brings pixels into the range 0 to 1; 1.0 if they are in it already.

    >>> pixel_scale(np.array([0, 200], np.uint8)) == 1 / 255, pixel_scale(np.array([0.0, 1.0]))
    (True, 1.0)
    >>> pixel_scale(np.zeros(2))
    1.0
    """
    if images.dtype == np.uint8:
        return 1 / 255
    if images.dtype == np.bool_ or not images.size or not float(images.min()) >= 0:
        return 1.0
    top = float(images.max())
    return 1 / next((limit for limit in (1, 255, 65535) if top <= limit), top)


def _require_enough(labels: NDArray[Any], limit: int | None) -> None:
    """Raise DataError for too few images to split."""
    least = 2 * round(1 / FRACTION)
    if len(labels) < least:
        raise DataError(
            f"{len(labels)} training images are too few to keep a tenth for validation",
            hint=f"limit={least} or more" if limit is not None else f"{least} images or more",
        )
