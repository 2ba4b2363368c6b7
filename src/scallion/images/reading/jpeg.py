"""Decode JPEGs at reduced size, and small plain ones without Pillow's file object.

Pillow creates an object with all of a file's tables before its first pixel, which takes a tenth of
the time of a small image; here only the size is parsed where the file holds nothing unusual. And
libjpeg-turbo also decodes at three eighths, where `Image.draft` offers a half and a quarter only.
The pixels come from Pillow's own decoder.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, features

_START, _FRAMES, _SCAN = b"\xff\xd8", (0xC0, 0xC1, 0xC2), 0xDA
_IGNORED = (0xC4, 0xDB, 0xDD, 0xE0, 0xFE)  # Huffman and quantization tables, restarts, JFIF, text


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Mode, L or RGB, and (width, height) of a JPEG, as it is stored."""

    mode: str
    size: tuple[int, int]


def parse_plain_header(data: bytes) -> JpegHeader | None:
    """Parse the header of a JPEG, or return None where it has anything out of the ordinary.

    It is as strict as possible: the decoder trusts the size that it is given.
    """
    found, at, end = None, 2, len(data) - 4
    if not data.startswith(_START):
        return None
    while at < end and data[at] == 0xFF and (marker := data[at + 1]) != _SCAN:
        if marker in _FRAMES and found is None:
            found = _parse_frame(data[at + 4 : at + 10])
            if found is None:
                return None
        elif marker not in _IGNORED:
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return found if at < end and data[at] == 0xFF else None


def _parse_frame(fields: bytes) -> JpegHeader | None:
    """Parse the frame header: bits per value, height, width, channels."""
    if len(fields) < 6 or fields[0] != 8 or fields[5] not in (1, 3):
        return None
    size = (int.from_bytes(fields[3:5]), int.from_bytes(fields[1:3]))
    return JpegHeader("L" if fields[5] == 1 else "RGB", size) if min(size) > 0 else None


@lru_cache(1024)  # most folders have few sizes
def choose_scale(size: tuple[int, int], min_size: int) -> tuple[int, tuple[int, int]]:
    """Return the decoder's divisor, and the resulting size: at least `min_size` on both sides.

    >>> choose_scale((200, 220), 100)
    (2, (100, 110))
    """
    for divisor, eighths in _divisors():
        if eighths == 3 and any(side % 8 for side in size):
            continue  # rounding up would distort the image too much
        width, height = (-(-side * eighths // 8) for side in size)
        if min(width, height) >= min_size:
            return divisor, (width, height)
    return 1, size


def decode_scaled(data: bytes, header: JpegHeader, mode: str, min_size: int) -> Image.Image | None:
    """Decode the pixels, at reduced size where both sides keep `min_size` pixels.

    At reduced size a colour image is converted to `mode`, L or RGB. Returns None for damaged data.
    """
    divisor, size = choose_scale(header.size, min_size) if min_size else (1, header.size)
    mode = mode if min_size and header.mode == "RGB" else header.mode
    try:
        return Image.frombytes(mode, size, data, "jpeg", mode, "", divisor, 0)
    except (ValueError, OSError):
        return None


@cache
def _divisors() -> tuple[tuple[int, int], ...]:
    """Return the decoder's divisors, each with the eighths of the size that it results in."""
    if features.check("libjpeg_turbo"):
        return (8, 1), (4, 2), (3, 3), (2, 4)
    return (8, 1), (4, 2), (2, 4)
