"""Is an image like those that a network was trained on? Two distances, each with its limit.

One is taken in the numbers that the last layer sees, from the nearest class; the other between
small, blurred versions of the images, from their mean. Both are Mahalanobis' (1936), so directions
in which images differ anyway count little; the first is that of Lee et al. (2018). An image is
unlike the training images where either is larger than for nearly all validation images.

It is a warning and no more: a network can still be wrong on an image that looks familiar.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import DataError
from scallion.mapped_memory import chunk_slices

QUANTILE = 0.995  # of the validation images lie within each limit
_WIDEST = 256  # numbers, beyond which only their variances are kept
_THUMBNAIL = 120  # numbers of a blurred version at most
_RIDGE = 1e-3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MahalanobisDistance:
    """Where numbers lie: centres (k, d), and a scale (d, d), or (d,) where they are too many."""

    centres: Floats
    scale: Floats
    limit: float = float("inf")

    def distances(self, points: Floats) -> Floats:
        """The squared distance of each point (n, d) from its nearest centre: (n,)."""
        nearest = np.full(len(points), np.inf)
        for centre in self.centres:
            away = points - centre
            away = away * self.scale if self.scale.ndim == 1 else away @ self.scale
            np.minimum(nearest, np.square(away).sum(axis=1), out=nearest)
        return nearest


@dataclass(frozen=True, slots=True, eq=False)
class OutOfDistributionDetector:
    """What `unlike` needs to know of the training images; `as_dict` is its form in JSON."""

    inner: MahalanobisDistance
    look: MahalanobisDistance

    def unlike(self, features: ArrayLike, images: ArrayLike) -> NDArray[np.bool_]:
        """Which images are unlike the training images: bool (n,).

        `features` (n, d) are what the last layer sees, `images` (n, h, w, c) what the first does.
        """
        strange = self.inner.distances(_rows(features)) > self.inner.limit
        return strange | (self.look.distances(thumbnails(images)) > self.look.limit)

    def as_dict(self) -> dict[str, Any]:
        return {
            name: {part: _packed(value) for part, value in asdict(cloud).items()}
            for name, cloud in (("inner", self.inner), ("look", self.look))
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "OutOfDistributionDetector":
        """What `as_dict` wrote. Raises DataError for what is not."""
        try:
            clouds = (
                MahalanobisDistance(
                    **{part: _unpacked(value) for part, value in kept[name].items()}
                )
                for name in ("inner", "look")
            )
            return cls(*clouds)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"what is known of the training images is damaged: {error}",
                hint="take the model's file from a copy",
            ) from error


def fit_detector(
    features: ArrayLike,
    labels: ArrayLike,
    images: ArrayLike,
    held_features: ArrayLike,
    held_images: ArrayLike,
) -> OutOfDistributionDetector:
    """Centres and scales from training images, limits from validation images, `held_...`."""
    inner, look = _rows(features), thumbnails(images)
    classes, places = np.unique(np.asarray(labels), return_inverse=True)
    centres = np.stack([inner[places == one].mean(axis=0) for one in range(len(classes))])
    return OutOfDistributionDetector(
        _limited(
            MahalanobisDistance(centres, _scale(inner - centres[places])), _rows(held_features)
        ),
        _limited(
            MahalanobisDistance(look.mean(axis=0)[None], _scale(look - look.mean(axis=0))),
            thumbnails(held_images),
        ),
    )


def thumbnails(images: ArrayLike) -> Floats:
    """Blurred versions of images (n, h, w, c) as rows: means over blocks, 120 numbers at most."""
    given = np.asarray(images)
    if given.ndim != 4:
        return _rows(given)
    side = max(1, int((_THUMBNAIL / given.shape[-1]) ** 0.5))
    return np.concatenate(
        [_blurred(given[part], side) for part in chunk_slices(given)] or [_blurred(given, side)]
    )


def _blurred(images: NDArray[Any], side: int) -> Floats:
    small: Any = images.astype(np.float64)
    for axis in (1, 2):
        length = int(images.shape[axis])
        starts = [length * k // min(side, length) for k in range(min(side, length) + 1)]
        sizes = np.diff(starts).reshape([-1 if n == axis else 1 for n in range(4)])
        small = np.add.reduceat(small, starts[:-1], axis=axis) / sizes
    return _rows(small)


def _limited(cloud: MahalanobisDistance, held: Floats) -> MahalanobisDistance:
    return MahalanobisDistance(
        cloud.centres, cloud.scale, float(np.quantile(cloud.distances(held), QUANTILE))
    )


def _scale(away: Floats) -> Floats:
    """What brings differences from their centre to unit variance in every direction."""
    variance = float(away.var(axis=0).mean())
    if variance == 0:
        return np.ones(int(away.shape[1]), np.float64)
    if away.shape[1] > _WIDEST or len(away) <= away.shape[1]:
        widths: Floats = np.asarray(away.var(axis=0) + _RIDGE * variance, np.float64)
        return 1 / np.sqrt(widths)
    covariance = away.T @ away / len(away) + _RIDGE * variance * np.eye(away.shape[1])
    return np.asarray(np.linalg.cholesky(np.linalg.inv(covariance)), np.float64)


def _rows(values: ArrayLike) -> Floats:
    given = np.asarray(values, np.float64)
    return given.reshape(len(given), -1)


def _packed(value: Any) -> Any:
    if isinstance(value, float):
        return value
    data = np.asarray(value, "<f4")
    return {"shape": data.shape, "float32": base64.b64encode(data.tobytes()).decode()}


def _unpacked(value: Any) -> Any:
    if isinstance(value, int | float):
        return float(value)
    data = np.frombuffer(base64.b64decode(value["float32"]), "<f4")
    return data.astype(np.float64).reshape(value["shape"])
