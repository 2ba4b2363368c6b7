"""Cuts a validation split from the training images: stratified, and the same everywhere."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import ArgumentError, DataError


@dataclass(frozen=True, slots=True, eq=False)
class SplitIndices:
    """Which images train and which validate: ascending int64 indices, and a hash of both.

    Two runs with the same `sha256` used the same split.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    sha256: str


def split(labels: ArrayLike, *, fraction: float, seed: int = 0) -> SplitIndices:
    """Cut `fraction` of the images for validation, each class in proportion to its size.

    `labels` is (n,) or (n, 1). The cut is a function of labels, fraction and seed alone: no other
    random number, thread, platform or version of NumPy changes it. Every class keeps an image to
    train on. Raises ArgumentError for a fraction or seed that cannot work, DataError for labels
    that cannot be cut.

    >>> cut = split([0, 0, 0, 0, 1, 1, 1, 1], fraction=0.25, seed=1)
    >>> len(cut.train), len(cut.validation)
    (6, 2)
    """
    labels = _checked(np.asarray(labels), fraction, seed)
    _, classes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    wanted = _share(sizes, fraction)
    if not wanted.any():
        raise DataError(
            f"{len(labels)} images in {len(sizes)} classes leave none for validation. "
            f"Received: fraction={fraction!r}",
            hint="use more images, or a larger fraction",
        )
    # Within each class the images with the smallest random keys validate.
    order = np.lexsort((_random_keys(len(labels), seed), classes))
    starts = np.cumsum(sizes) - sizes
    place_in_class = np.arange(len(labels)) - np.repeat(starts, sizes)
    chosen = place_in_class < np.repeat(wanted, sizes)
    train, validation = np.sort(order[~chosen]), np.sort(order[chosen])
    return SplitIndices(train, validation, _digest(train, validation))


def _checked(labels: NDArray[Any], fraction: float, seed: int) -> NDArray[Any]:
    if not 0 < fraction < 1:
        raise ArgumentError(
            f"fraction lies between 0 and 1. Received: fraction={fraction!r}", hint="fraction=0.2"
        )
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**64:
        raise ArgumentError(
            f"a seed is a whole number from 0 to 2**64 - 1. Received: seed={seed!r}", hint="seed=0"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) < 2:
        raise DataError(
            "a split needs two labels or more, of shape (n,) or (n, 1). "
            f"Received: shape {labels.shape}",
            hint="for one-hot labels, labels.argmax(axis=1)",
        )
    return labels


def _share(sizes: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """How many of each class: its share rounded down, the rest to the largest remainders."""
    exact = sizes * fraction
    share = np.floor(exact).astype(np.int64)
    missing = round(float(sizes.sum()) * fraction) - int(share.sum())
    largest_first = np.argsort(-(exact - share), kind="stable")
    share[largest_first[: max(missing, 0)]] += 1
    return np.minimum(share, sizes - 1)


def _random_keys(count: int, seed: int) -> NDArray[np.uint64]:
    """One 64-bit key an image: SplitMix64 (Steele, Lea, Flood 2014), started at the mixed seed."""
    start = _mix(np.array([seed], np.uint64))
    return _mix(start + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _digest(train: NDArray[np.int64], validation: NDArray[np.int64]) -> str:
    """SHA-256 of both counts and both lists, as 64-bit little-endian numbers."""
    digest = hashlib.sha256(np.array([len(train), len(validation)], "<i8").tobytes())
    digest.update(train.astype("<i8").tobytes())
    digest.update(validation.astype("<i8").tobytes())
    return digest.hexdigest()
