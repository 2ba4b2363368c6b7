"""Metadata of image files, kept with their pixels for the checks: one record per image."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from scallion.images.reading.decoding import ImageHeader
from scallion.images.reading.formats import FORMAT_NUMBERS

METADATA = np.dtype(
    [
        ("row", "<i8"),  # of the listing
        ("width", "<i4"),
        ("height", "<i4"),
        ("format", "u1"),  # a value of FORMAT_NUMBERS
        ("grey", "?"),
        ("high_depth", "?"),
        ("alpha", "?"),
        ("frames", "<i4"),
        ("file_digest", "V16"),  # of the file's bytes
        ("pixel_digest", "V16"),  # of the resized pixels
    ]
)
Metadata = NDArray[np.void]


def metadata_record(row: int, header: ImageHeader, data: bytes, pixels: NDArray[np.uint8]) -> tuple:
    """Return the record of an image: `data` are the file's bytes, `pixels` the resized ones."""
    return (
        row,
        *header.size,
        FORMAT_NUMBERS[header.format],
        header.is_grey,
        header.is_high_depth,
        header.mode in ("LA", "RGBA", "PA", "La", "RGBa"),
        header.frames,
        digest(data),
        digest(np.ascontiguousarray(pixels).reshape(-1).data),
    )


def digest(data: bytes | memoryview) -> bytes:
    """Return a 128-bit digest (BLAKE2b) of the data."""
    return hashlib.blake2b(data, digest_size=16).digest()
