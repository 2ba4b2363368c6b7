"""Leakage between splits: held-out images that are also training images."""

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.mapped_memory import chunk_slices


class LeakedImage(NamedTuple):
    """The index of a held-out image, and that of its first duplicate in training."""

    held_out: int
    training: int


def leaked_images(training: NDArray[Any], held_out: NDArray[Any]) -> list[LeakedImage]:
    """Return the held-out images that are training images as well, pixel for pixel.

    Both are (n, height, width, channels) of one type. A re-encoded or rotated copy is not found.
    """
    wanted: dict[bytes, list[int]] = {}
    for index, digest in enumerate(_digests(held_out)):
        wanted.setdefault(digest, []).append(index)
    found: dict[int, int] = {}
    for index, digest in enumerate(_digests(training)):
        for match in wanted.get(digest, ()):
            found.setdefault(match, index)
    return [LeakedImage(match, found[match]) for match in sorted(found)]


def _digests(images: NDArray[Any]) -> Iterator[bytes]:
    for part in chunk_slices(images):
        for image in images[part]:
            yield hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()
