"""Images that are mapped from the disk need not stay in this process's memory.

What a process has read of a mapped file counts as its memory, until somebody else needs the room.
Giving it back now and then keeps a set that is larger than the memory from looking like a leak; the
bytes stay in the system's cache, from where they come back as fast.
"""

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BUDGET = 64_000_000  # bytes that are read before they are given back
PART = 1 << 22  # bytes that are looked at together; what is computed from them is much more

_AROUND = 1 << 16  # bytes that Linux maps around the one that was asked for
_GIVE_BACK = getattr(mmap, "MADV_DONTNEED", None)


class PageReleaser:
    """Counts the images that were read from an array, and gives its memory back in time.

    For arrays that are in memory, and where the platform cannot do it, it does nothing.
    """

    def __init__(self, images: NDArray[Any]) -> None:
        self._map = _mapping(images) if _GIVE_BACK is not None else None
        self._each = images[:1].nbytes + _AROUND
        self._read = 0

    def read(self, count: int) -> None:
        """So many more images were read, from any places."""
        self._read += count * self._each
        if self._read >= BUDGET:
            self.give_back()

    def give_back(self) -> None:
        """Nothing of the map stays in this process's memory."""
        self._read = 0
        if self._map is not None and _GIVE_BACK is not None:
            self._map.madvise(_GIVE_BACK)


def chunk_slices(images: NDArray[Any], count: int | None = None) -> Iterator[slice]:
    """Slices of a few megabytes, one after the other, that give back what was read before them.

    With a `count`, they are slices of so many places in the images, which may be anywhere.

    >>> list(parts(np.zeros((5, 1000, 1000, 2), np.uint8)))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    reader = PageReleaser(images)
    rows = max(1, PART // max(1, images[:1].nbytes))
    count = len(images) if count is None else count
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))
        reader.read(rows)
    reader.give_back()


def _mapping(array: Any) -> mmap.mmap | None:
    """The map below an array and its views; None where there is none, or where it is written to."""
    while array is not None:
        if isinstance(array, np.memmap):
            found: Any = getattr(array, "_mmap", None)
            return found if array.mode == "r" and isinstance(found, mmap.mmap) else None
        array = getattr(array, "base", None)
    return None
