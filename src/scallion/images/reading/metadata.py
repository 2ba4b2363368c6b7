"""What is remembered of each file beside its pixels, for the checks: a row of numbers a picture."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from scallion.images.reading.decoding import FORMATS, ImageHeader

METADATA = np.dtype(
    [
        ("row", "<i8"),  # in the listing
        ("width", "<i4"),
        ("height", "<i4"),
        ("format", "u1"),  # in FORMATS
        ("grey", "?"),
        ("deep", "?"),
        ("alpha", "?"),
        ("frames", "<i4"),
        ("file", "V16"),  # a digest of the file's bytes
        ("pixels", "V16"),  # a digest of what the network sees
    ]
)
Metadata = NDArray[np.void]


def fact(row: int, header: ImageHeader, data: bytes, pixels: NDArray[np.uint8]) -> tuple:
    """The row of a picture."""
    return (
        row,
        *header.size,
        FORMATS.index(header.format),
        header.grey,
        header.deep,
        header.mode in ("LA", "RGBA", "PA", "La", "RGBa"),
        header.frames,
        digest(data),
        digest(np.ascontiguousarray(pixels).reshape(-1).data),
    )


def digest(data: bytes | memoryview) -> bytes:
    """128 bits that tell contents apart."""
    return hashlib.blake2b(data, digest_size=16).digest()
