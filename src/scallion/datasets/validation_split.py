"""The validation split: stratified by class, and identical on every platform."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import ArgumentError, DataError


@dataclass(frozen=True, slots=True, eq=False)
class SplitIndices:
    """The ascending int64 indices of training and validation images, and a hash of both.

    Two runs with the same `sha256` used the same split.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    sha256: str


def split(labels: ArrayLike, *, fraction: float, seed: int = 0) -> SplitIndices:
    """Split off `fraction` of the images for validation, in proportion to the class sizes.

    `labels` is (n,) or (n, 1). The split depends on labels, fraction and seed only, not on the
    global random state, threads, platform or version of NumPy. Each class keeps at least one
    training image. Raises ArgumentError for an invalid fraction or seed, DataError for labels that
    cannot be split.

    >>> indices = split([0, 0, 0, 0, 1, 1, 1, 1], fraction=0.25, seed=1)
    >>> len(indices.train), len(indices.validation)
    (6, 2)
    """
    labels = _checked(np.asarray(labels), fraction, seed)
    _, classes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    counts = _validation_counts(sizes, fraction)
    if not counts.any():
        raise DataError(
            f"{len(labels)} images in {len(sizes)} classes leave none for validation. "
            f"Received: fraction={fraction!r}",
            hint="use more images, or a larger fraction",
        )
    # In each class, the images with the smallest random keys are for validation.
    order = np.lexsort((_random_keys(len(labels), seed), classes))
    starts = np.cumsum(sizes) - sizes
    rank_in_class = np.arange(len(labels)) - np.repeat(starts, sizes)
    chosen = rank_in_class < np.repeat(counts, sizes)
    train, validation = np.sort(order[~chosen]), np.sort(order[chosen])
    return SplitIndices(train, validation, _digest(train, validation))


def _checked(labels: NDArray[Any], fraction: float, seed: int) -> NDArray[Any]:
    if not 0 < fraction < 1:
        raise ArgumentError(
            f"`fraction` is a number between 0 and 1. Received: fraction={fraction!r}",
            hint="fraction=0.2",
        )
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**64:
        raise ArgumentError(
            f"a seed is an integer from 0 to 2**64 - 1. Received: seed={seed!r}", hint="seed=0"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) < 2:
        raise DataError(
            "a split needs two or more labels, of shape (n,) or (n, 1). "
            f"Received: shape {labels.shape}",
            hint="for one-hot labels, labels.argmax(axis=1)",
        )
    return labels


def _validation_counts(sizes: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """Return the number per class by the largest remainder method, leaving one image to train."""
    exact = sizes * fraction
    counts = np.floor(exact).astype(np.int64)
    missing = round(float(sizes.sum()) * fraction) - int(counts.sum())
    largest_first = np.argsort(-(exact - counts), kind="stable")
    counts[largest_first[: max(missing, 0)]] += 1
    return np.minimum(counts, sizes - 1)


def _random_keys(count: int, seed: int) -> NDArray[np.uint64]:
    """Return one 64-bit key per image: SplitMix64 (Steele, Lea, Flood 2014) from the mixed seed."""
    start = _mix(np.array([seed], np.uint64))
    return _mix(start + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _digest(train: NDArray[np.int64], validation: NDArray[np.int64]) -> str:
    """Return the SHA-256 of both counts and both index arrays, as 64-bit little-endian integers."""
    digest = hashlib.sha256(np.array([len(train), len(validation)], "<i8").tobytes())
    digest.update(train.astype("<i8").tobytes())
    digest.update(validation.astype("<i8").tobytes())
    return digest.hexdigest()
