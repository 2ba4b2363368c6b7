"""Images that are in two splits at once: what is measured on them is memory, not skill."""

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.mapped_memory import chunk_slices


class LeakedImage(NamedTuple):
    """The place of an image in the held-out split, and of its first copy in training."""

    held: int
    training: int


def leaked_images(training: NDArray[Any], held: NDArray[Any]) -> list[LeakedImage]:
    """The held-out images that are, pixel for pixel, among the training images too.

    Both are (n, height, width, channels) of one type. A re-saved or turned copy is another image.
    """
    wanted: dict[bytes, list[int]] = {}
    for place, image in enumerate(_prints(held)):
        wanted.setdefault(image, []).append(place)
    found: dict[int, int] = {}
    for place, image in enumerate(_prints(training)):
        for match in wanted.get(image, ()):
            found.setdefault(match, place)
    return [LeakedImage(match, found[match]) for match in sorted(found)]


def _prints(images: NDArray[Any]) -> Iterator[bytes]:
    for part in chunk_slices(images):
        for image in images[part]:
            yield hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()
