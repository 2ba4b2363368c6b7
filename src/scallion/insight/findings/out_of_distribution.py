"""Detect images unlike those that a network was trained on, by two Mahalanobis distances (1936).

One is taken between the inputs of the last layer and the nearest class mean (Lee et al. 2018), the
other between thumbnails and their mean. Directions in which training images differ anyway count
little. An image is out of distribution where either distance exceeds that of nearly all validation
images.

It is a warning and no more: a network can also be wrong on an image that resembles its training
images.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import DataError
from scallion.mapped_memory import chunk_slices

VERSION = 1  # of the stored form
QUANTILE = 0.995  # of the validation images lie within each threshold
_MAX_COVARIANCE = 256  # features, above which only their variances are kept
_THUMBNAIL = 120  # values of a thumbnail at most
_RIDGE = 1e-3  # of the mean variance, added to each

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MahalanobisDistance:
    """The distance to the nearest of several means, and the threshold of what is usual.

    `means` is (k, d); `whitening` is (d, d), or (d,) where only variances were estimated.
    """

    means: Floats
    whitening: Floats
    threshold: float = float("inf")

    def __post_init__(self) -> None:
        size = self.means.shape[-1] if self.means.ndim == 2 else 0
        if size == 0 or self.whitening.shape not in ((size,), (size, size)):
            raise ValueError(
                f"means and whitening have the shapes {self.means.shape}, {self.whitening.shape}"
            )

    @property
    def size(self) -> int:
        """The number of features of a point."""
        return int(self.means.shape[1])

    def squared(self, points: Floats) -> Floats:
        """Return the squared distance of each point (n, d) to its nearest mean: (n,)."""
        nearest = np.full(len(points), np.inf)
        for mean in self.means:
            deviation = points - mean
            if self.whitening.ndim == 1:
                deviation = deviation * self.whitening
            else:
                deviation = deviation @ self.whitening
            np.minimum(nearest, np.square(deviation).sum(axis=1), out=nearest)
        return nearest

    def exceeds(self, points: Floats) -> NDArray[np.bool_]:
        """Return which points (n, d) are further away than the threshold: bool (n,)."""
        return self.squared(points) > self.threshold


@dataclass(frozen=True, slots=True, eq=False)
class OutOfDistributionDetector:
    """The two distances, fitted by `fit_detector`; `as_dict` is the form that JSON can hold."""

    features: MahalanobisDistance
    thumbnails: MahalanobisDistance

    def is_outlier(self, features: ArrayLike, images: ArrayLike) -> NDArray[np.bool_]:
        """Return which images are unlike the training images: bool (n,).

        `features` (n, d) are inputs of the last layer, `images` (n, h, w, c) those of the first.
        """
        return self.features.exceeds(_rows(features)) | self.thumbnails.exceeds(
            make_thumbnails(images)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the stored form; `from_dict` reads it."""
        parts = (("features", self.features), ("thumbnails", self.thumbnails))
        return {
            "version": VERSION,
            **{
                name: {field: _encode(value) for field, value in asdict(distance).items()}
                for name, distance in parts
            },
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "OutOfDistributionDetector":
        """Read what `as_dict` wrote. Raises DataError for another version and for damaged data."""
        version = stored.get("version")
        if version != VERSION:
            raise DataError(
                f"the out-of-distribution detector has version {version}, and this release reads "
                f"version {VERSION}",
                hint="train the model again with this release",
            )
        try:
            parts = (
                MahalanobisDistance(
                    **{field: _decode(value) for field, value in stored[name].items()}
                )
                for name in ("features", "thumbnails")
            )
            return cls(*parts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"the out-of-distribution detector is damaged: {error}",
                hint="restore the model's file from a copy",
            ) from error


def fit_detector(
    features: ArrayLike,
    labels: ArrayLike,
    images: ArrayLike,
    val_features: ArrayLike,
    val_images: ArrayLike,
) -> OutOfDistributionDetector:
    """Fit means and covariances to training images, and thresholds to validation images.

    Features are (n, d), labels (n,), images (n, h, w, c).
    """
    rows, thumbnails = _rows(features), make_thumbnails(images)
    classes, places = np.unique(np.asarray(labels), return_inverse=True)
    means = np.stack([rows[places == one].mean(axis=0) for one in range(len(classes))])
    mean = thumbnails.mean(axis=0)
    return OutOfDistributionDetector(
        _with_threshold(
            MahalanobisDistance(means, _whiten(rows - means[places])), _rows(val_features)
        ),
        _with_threshold(
            MahalanobisDistance(mean[None], _whiten(thumbnails - mean)),
            make_thumbnails(val_images),
        ),
    )


def make_thumbnails(images: ArrayLike) -> Floats:
    """Shrink images (n, h, w, c) by means over blocks to rows of at most 120 values: (n, d)."""
    given = np.asarray(images)
    if given.ndim != 4:
        return _rows(given)
    side = max(1, int((_THUMBNAIL / given.shape[-1]) ** 0.5))
    return np.concatenate(
        [_shrink(given[part], side) for part in chunk_slices(given)] or [_shrink(given, side)]
    )


def _shrink(images: NDArray[Any], side: int) -> Floats:
    small: Any = images.astype(np.float64)
    for axis in (1, 2):
        length = int(images.shape[axis])
        starts = [length * k // min(side, length) for k in range(min(side, length) + 1)]
        sizes = np.diff(starts).reshape([-1 if n == axis else 1 for n in range(4)])
        small = np.add.reduceat(small, starts[:-1], axis=axis) / sizes
    return _rows(small)


def _with_threshold(distance: MahalanobisDistance, validation: Floats) -> MahalanobisDistance:
    threshold = float(np.quantile(distance.squared(validation), QUANTILE))
    return MahalanobisDistance(distance.means, distance.whitening, threshold)


def _whiten(deviations: Floats) -> Floats:
    """Return the whitening matrix (d, d) of deviations (n, d), or scales (d,) if it is diagonal."""
    variance = float(deviations.var(axis=0).mean())
    features = int(deviations.shape[1])
    if variance == 0:
        return np.ones(features, np.float64)
    if features > _MAX_COVARIANCE or len(deviations) <= features:
        variances: Floats = np.asarray(deviations.var(axis=0) + _RIDGE * variance, np.float64)
        return 1 / np.sqrt(variances)
    covariance = deviations.T @ deviations / len(deviations) + _RIDGE * variance * np.eye(features)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(covariance)), np.float64)


def _rows(values: ArrayLike) -> Floats:
    given = np.asarray(values, np.float64)
    return given.reshape(len(given), -1)


def _encode(value: Any) -> Any:
    if isinstance(value, float):
        return value
    data = np.asarray(value, "<f4")
    return {"shape": data.shape, "float32": base64.b64encode(data.tobytes()).decode()}


def _decode(value: Any) -> Any:
    if isinstance(value, int | float):
        return float(value)
    data = np.frombuffer(base64.b64decode(value["float32"]), "<f4")
    return data.astype(np.float64).reshape(value["shape"])
