"""Pictures that are mapped from the disk need not stay in this process's memory.

What a process has read of a mapped file counts as its memory, until somebody else needs the room.
Giving it back now and then keeps a folder that is larger than the memory from looking like a leak;
the bytes stay in the system's cache, from where they come back as fast.
"""

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

BUDGET = 128_000_000  # bytes that are read before they are given back

_GIVE_BACK = getattr(mmap, "MADV_DONTNEED", None)


class Reader:
    """Counts the pictures that were read from an array, and gives its memory back in time.

    For arrays that are in memory, and where the platform cannot do it, it does nothing.
    """

    def __init__(self, pixels: NDArray[Any]) -> None:
        self._map = _mapping(pixels)
        self._each = pixels[:1].nbytes
        self._read = 0

    def read(self, count: int) -> None:
        """So many more pictures were read."""
        self._read += count * self._each
        if self._read >= BUDGET and self._map is not None and _GIVE_BACK is not None:
            self._read = 0
            self._map.madvise(_GIVE_BACK)


def _mapping(array: Any) -> mmap.mmap | None:
    """The map below an array and its views; None where there is none, or where it is written to."""
    while array is not None:
        if isinstance(array, np.memmap):
            found: Any = getattr(array, "_mmap", None)
            return found if array.mode == "r" and isinstance(found, mmap.mmap) else None
        array = getattr(array, "base", None)
    return None
