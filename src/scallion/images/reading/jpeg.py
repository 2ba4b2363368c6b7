"""JPEGs decoded at a part of their size, and small plain ones at once.

Pillow makes an object with all of a file's tables before its first pixel, which takes a tenth of
the time of a small picture; here only the size is looked up where nothing else is in the file. And
libjpeg-turbo decodes at three eighths as well, where `Image.draft` knows a half and a quarter only.
The pixels come from Pillow's own decoder.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, features

_START, _FRAMES, _SCAN = b"\xff\xd8", (0xC0, 0xC1, 0xC2), 0xDA
_PASSED = (0xC4, 0xDB, 0xDD, 0xE0, 0xFE)  # tables of Huffman and quantization, restarts, JFIF, text


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Mode, L or RGB, and (width, height) of a JPEG, as it is stored."""

    mode: str
    size: tuple[int, int]


def plain(data: bytes) -> JpegHeader | None:
    """What a JPEG says of itself, or None where it says anything out of the ordinary.

    It is as strict as it can be: the decoder trusts the size that it is given.
    """
    found, at, end = None, 2, len(data) - 4
    if not data.startswith(_START):
        return None
    while at < end and data[at] == 0xFF and (marker := data[at + 1]) != _SCAN:
        if marker in _FRAMES and found is None:
            found = _frame(data[at + 4 : at + 10])
            if found is None:
                return None
        elif marker not in _PASSED:
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return found if at < end and data[at] == 0xFF else None


def _frame(fields: bytes) -> JpegHeader | None:
    """The frame header: bits a value, height, width, channels."""
    if len(fields) < 6 or fields[0] != 8 or fields[5] not in (1, 3):
        return None
    size = (int.from_bytes(fields[3:5]), int.from_bytes(fields[1:3]))
    return JpegHeader("L" if fields[5] == 1 else "RGB", size) if min(size) > 0 else None


@lru_cache(1024)  # most folders have few sizes
def reduction(size: tuple[int, int], least: int) -> tuple[int, tuple[int, int]]:
    """The divisor that the decoder is given, and the size that comes out: at least `least` a side.

    >>> reduction((200, 220), 100)
    (2, (100, 110))
    """
    for divisor, eighths in _divisors():
        if eighths == 3 and any(side % 8 for side in size):
            continue  # rounding up would stretch the picture too much
        width, height = (-(-side * eighths // 8) for side in size)
        if min(width, height) >= least:
            return divisor, (width, height)
    return 1, size


def reduced(data: bytes, frame: JpegHeader, mode: str, least: int) -> Image.Image | None:
    """The pixels, at a part of their size where both sides keep `least` pixels, and then in grey
    where `mode` is L; None where they are damaged."""
    divisor, size = reduction(frame.size, least) if least else (1, frame.size)
    mode = mode if least and frame.mode == "RGB" else frame.mode
    try:
        return Image.frombytes(mode, size, data, "jpeg", mode, "", divisor, 0)
    except (ValueError, OSError):
        return None


@cache
def _divisors() -> tuple[tuple[int, int], ...]:
    """What the decoder may divide by, and the eighths that it makes of it."""
    if features.check("libjpeg_turbo"):
        return (8, 1), (4, 2), (3, 3), (2, 4)
    return (8, 1), (4, 2), (2, 4)
