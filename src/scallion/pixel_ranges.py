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
    edit = _edit(found, trained)
    if edit is None:
        return None
    if found.dtype == "int8" and found.low < 0:
        edit = _edit(PixelRange("uint8", 0, 255), trained) or "images"
        edit = edit.replace("images", 'images.view("uint8")')
    elif found.dtype == "int16" and "ptp" in edit:  # int16 overflows
        edit = edit.replace("images", 'images.astype("float32")')
    return RangeMismatch(found.describe(), edit)


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


def _edit(found: PixelRange, trained: PixelRange) -> str | None:
    """Return an expression of `images` that has the trained range; None if nothing is wrong."""
    if trained.is_bytes:
        return _edit_to_bytes(found)
    return _edit_to_unit(found, trained) if trained.is_unit else _edit_to_other(found, trained)


def _edit_to_bytes(found: PixelRange) -> str | None:
    if found.dtype == "int8":
        return "images"
    if found.high <= 1:
        return "images * 255" if found.low >= 0 else "(images + 1) * 127.5"
    if found.low < -25 or (found.low < 0 and found.high < 16):
        return "(images - images.min()) * (255 / np.ptp(images))"
    if found.high > (382 if "float" in found.dtype else 255):
        return _edit_to_8_bits(found.high)
    return None


def _edit_to_8_bits(high: float) -> str:
    """Return the edit for pixels of a camera with 10, 12, 14 or 16 bits per pixel."""
    bits = next((bits for bits in (10, 12, 14) if high < 1 << bits), 16)
    if high > 65535:
        return "images * (255 / images.max())"
    return "images / 257" if bits == 16 else f"images / {1 << (bits - 8)}"


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
    if found.high > 65535:
        return "images / images.max()"
    bits = next((bits for bits in (10, 12, 14) if found.high < 1 << bits), 16)
    return f"images / {(1 << bits) - 1}"


def _edit_to_other(found: PixelRange, trained: PixelRange) -> str | None:
    span = (trained.high - trained.low) or 1.0
    is_symmetric = -1 <= trained.low < 0 < trained.high <= 1
    if trained.high > 16 and found.low >= 0 and found.high <= 1:
        return f"images * {_number(trained.high)}"
    if is_symmetric and _is_unit_scaled(found):
        return "images.astype('float32') * 2 - 1"
    if _is_far_narrower(found, trained):
        if found.low >= 0 and 16 < found.high <= 255:
            offset = "" if trained.low == 0 else f" + {trained.low:.7g}"
            return f"images * {_number(span / 255)}{offset}"
    elif trained.low - span <= found.low and found.high <= trained.high + span:
        return None
    if is_symmetric and found.low >= 0 and found.high <= 255:
        return "images / 127.5 - 1"
    factor, low = f"{span:g} / np.ptp(images)", f"{trained.low:g}"
    return f"(images - images.min()) * ({factor}) + {low}"


def _number(value: float) -> str:
    """Return a factor as Python code that makes float of uint8 images, which would overflow."""
    return repr(float(f"{value:.7g}"))


def _is_unit_scaled(found: PixelRange) -> bool:
    """Return whether pixels are surely from 0 to 1, not the brighter half of -1 to 1.

    The darkest pixel of such an image is exactly grey only by chance; one of 0 to 1 is black.
    """
    return 0 <= found.low < 1 / 255 and 0.5 < found.high <= 1


def _is_far_narrower(found: PixelRange, trained: PixelRange) -> bool:
    """Return whether no image of the trained range is so flat, however dark it is.

    Bytes for a network of wider pixels have another meaning, and so have values of another type or
    standardized ones that are a hundredth of the trained range.
    """
    span, wide = found.high - found.low, trained.high - trained.low
    if trained.high <= 255 or wide <= 2 * 255:
        return False
    if found.dtype in ("uint8", "int8", "bool"):
        return True
    if found.low < 0 and trained.dtype.startswith("uint"):
        return True
    has_other_type = np.dtype(found.dtype).kind != np.dtype(trained.dtype).kind
    is_small = found.high <= 255 if has_other_type else abs(found.low) < 16 and found.high < 16
    return is_small and 100 * span < wide
