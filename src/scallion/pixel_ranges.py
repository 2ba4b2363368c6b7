"""Pixel ranges: whether images have the type and the range that a model was trained on."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.errors import DataError

SAMPLE = 256  # images that a range is found from, evenly spaced


class RangeMismatch(NamedTuple):
    """What the images have, in words, and the edit that gives them the trained range."""

    received: str
    edit: str


@dataclass(frozen=True, slots=True)
class PixelRange:
    """The type and the lowest and highest pixel of the images that a model was trained on."""

    dtype: str
    low: float
    high: float

    @classmethod
    def of(cls, images: NDArray[Any]) -> "PixelRange":
        """Return the range of up to 256 of the images (n, ...)."""
        sample = images[:: max(1, len(images) // SAMPLE)]
        return cls(str(images.dtype), float(sample.min()), float(sample.max()))

    @classmethod
    def from_metadata(cls, metadata: Any) -> "PixelRange | None":
        """Return the range that the metadata of a model file states; None where there is none."""
        try:
            stored = metadata["input"]
            low, high = map(float, stored["range"])
            found = cls(np.dtype(stored["dtype"]).name, low, high)
        except (KeyError, TypeError, ValueError):
            return None
        return found if isfinite(low) and isfinite(high) else None

    @property
    def is_bytes(self) -> bool:
        """Whether the pixels are from 0 to 255."""
        return self.low >= 0 and (self.dtype == "uint8" or self.high > 16) and 1 < self.high <= 255

    @property
    def is_unit(self) -> bool:
        """Whether the pixels are from 0 to 1."""
        return self.low >= 0 and self.high <= 1

    def describe(self) -> str:
        """Return the range and the type in words.

        >>> PixelRange("uint8", 0, 255).describe()
        'from 0 to 255 (uint8)'
        """
        return f"from {self.low:g} to {self.high:g} ({self.dtype})"


def find_mismatch(images: NDArray[Any], trained: PixelRange) -> RangeMismatch | None:
    """Return how the range of images (n, ...) differs from the trained one, or None.

    A little beyond the range is none: resampled and darker or brighter images are no mistake.

    >>> find_mismatch(np.array([[0.0, 200.0]]), PixelRange("float32", 0, 1))
    RangeMismatch(received='from 0 to 200 (float64)', edit='images / 255')
    """
    if not images.size or images.dtype.kind not in "buif":
        return None
    found = PixelRange.of(images)
    if not isfinite(found.low + found.high) or found.low == found.high == 0:
        return None
    if trained.is_bytes:
        edit = _edit_to_bytes(found)
    elif trained.is_unit:
        edit = _edit_to_unit(found, trained)
    else:
        edit = _edit_to_other(found, trained)
    return None if edit is None else RangeMismatch(found.describe(), edit)


def convert_pixels(images: NDArray[Any], trained: PixelRange) -> NDArray[Any]:
    """Return images in the trained range: converted where the meaning is certain.

    Certain are booleans, and uint8 images for a network that takes pixels from 0 to 1. Raises
    DataError for another range, with the edit.
    """
    if images.dtype == np.bool_ and (trained.is_bytes or trained.is_unit):
        return images.astype(np.uint8) * np.uint8(255) if trained.is_bytes else _as_floats(images)
    if images.dtype == np.uint8 and trained.is_unit and images.size and images.max() > 1:
        return _as_floats(images) / np.float32(255)
    mismatch = find_mismatch(images, trained)
    if mismatch is not None:
        raise DataError(
            f"the model takes pixels {trained.describe()}. Received: pixels {mismatch.received}",
            hint=mismatch.edit,
        )
    return images


def _as_floats(images: NDArray[Any]) -> NDArray[np.float32]:
    return images.astype(np.float32)


def _edit_to_bytes(found: PixelRange) -> str | None:
    if found.dtype == "int8":
        return 'images.view("uint8")'
    if found.high <= 1:
        return "images * 255" if found.low >= 0 else "(images + 1) * 127.5"
    if found.low < -25 or (found.low < 0 and found.high < 16):
        return "(images - images.min()) * (255 / np.ptp(images))"
    if found.high > (382 if "float" in found.dtype else 255):
        return "images / 257" if found.high <= 65535 else "images * (255 / images.max())"
    return None


def _edit_to_unit(found: PixelRange, trained: PixelRange) -> str | None:
    if found.low < -0.5:
        is_symmetric = found.low >= -1 and found.high <= 1
        return "(images + 1) / 2" if is_symmetric else "(images - images.min()) / np.ptp(images)"
    if found.dtype == "uint8" and found.high == 1 and "float" in trained.dtype:
        return 'images.astype("float32")'
    if found.high <= 1.5:
        return None
    if found.high <= 255:
        return "images / 255"
    return "images / 65535" if found.high <= 65535 else "images / images.max()"


def _edit_to_other(found: PixelRange, trained: PixelRange) -> str | None:
    span = (trained.high - trained.low) or 1.0
    if trained.high > 16 and found.low >= 0 and found.high <= 1:
        return f"images * {trained.high:g}"
    if trained.low - span <= found.low and found.high <= trained.high + span:
        return None
    if -1 <= trained.low < 0 < trained.high <= 1 and found.low >= 0 and found.high <= 255:
        return "images / 127.5 - 1"
    factor, low = f"{span:g} / np.ptp(images)", f"{trained.low:g}"
    return f"(images - images.min()) * ({factor}) + {low}"
