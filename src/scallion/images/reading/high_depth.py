"""Scale images with 16 or 32 bits per channel to 8 bits, in strips of rows.

A file of a few kilobytes may hold 67 million such pixels. In strips they take no more memory than
8-bit images do.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
FULL_SCALES = (255, 1023, 4095, 16383, 65535)  # of cameras with 8 to 16 bits

_PHOTOMETRIC, _SAMPLE_FORMAT, _BITS = 262, 339, 258  # tags of a TIFF
_STRIP = 1 << 20  # pixels

ValueRange = tuple[float, float]  # the stored values that become 0 and 255


class StoredRange(NamedTuple):
    """The lowest and the highest stored value of an image, and whether values are whole."""

    low: float
    high: float
    is_whole: bool


def scale_to_bytes(image: Image.Image, value_range: ValueRange | None) -> Image.Image:
    """Return a high-depth image as mode L: `value_range` becomes 0 to 255.

    Without a range, 16 bits are scaled from 0 to 65535, and 32 bits from the image's own lowest to
    its highest value.
    """
    image.load()
    low, high = value_range or _type_range(image)
    out = Image.new("L", image.size)
    table = None
    if image.mode.startswith("I;16"):
        table = _scale(np.arange(1 << 16), low, high)
    for top, values in _strips(image):
        pixels = _scale(values, low, high) if table is None else table[values]
        out.paste(Image.fromarray(pixels), (0, top))
    return out


def stored_range(image: Image.Image) -> StoredRange | None:
    """Return the range of the values as they are stored; None where none is finite."""
    image.load()
    ends: list[tuple[float, float]] = []
    is_whole = True
    for _, values in _strips(image):
        finite = values if values.dtype.kind in "iu" else values[np.isfinite(values)]
        is_whole = values.dtype.kind in "iu"
        if finite.size:
            ends.append((float(finite.min()), float(finite.max())))
    if not ends:
        return None
    return StoredRange(min(low for low, _ in ends), max(high for _, high in ends), is_whole)


def choose_value_range(ranges: list[StoredRange]) -> ValueRange:
    """Return the stored values that become 0 and 255 in all images of a data set.

    Integers from 0 up take the first of 255, 1023, 4095, 16383 and 65535 that is not exceeded;
    real numbers from 0 up take 1 or 255 if all are within it. Others take the lowest and highest.

    >>> choose_value_range([StoredRange(3, 900, True), StoredRange(0, 3000, True)])
    (0.0, 4095.0)
    """
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    if low >= 0:
        for top in FULL_SCALES if all(one.is_whole for one in ranges) else (1, FULL_SCALES[0]):
            if high <= top:
                return 0.0, float(top)
    return low, high


def _strips(image: Image.Image) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the first row and the values of each strip: unsigned where a TIFF says so."""
    tags = getattr(image, "tag_v2", {})
    unsigned = tags.get(_SAMPLE_FORMAT, (1,))[0] == 1 and tags.get(_BITS, (32,))[0] == 32
    as_unsigned = image.format == "TIFF" and unsigned
    is_inverted = tags.get(_PHOTOMETRIC) == 0  # white is 0
    rows = max(1, _STRIP // max(1, image.width))
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(image.height, top + rows))
        values = np.asarray(image.crop(box))
        if values.dtype == np.int32 and as_unsigned:
            values = values.view(np.uint32)
        if is_inverted and values.dtype.kind == "u":
            values = np.iinfo(values.dtype).max - values
        yield top, values


def _scale(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    scaled = (values.astype(np.float64) - low) * 255 / ((high - low) or 1)
    return np.nan_to_num(scaled, nan=0.0).round().clip(0, 255).astype(np.uint8)


def _type_range(image: Image.Image) -> ValueRange:
    """Return the range of the type, for a single image whose data set is not known."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    found = stored_range(image)
    return (0.0, 1.0) if found is None else (found.low, found.high)
