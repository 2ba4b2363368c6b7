"""Release the pages of memory-mapped arrays that have been read.

The pages of a mapped file that a process has read count as its memory until another process needs
the room. Releasing them regularly keeps a data set larger than memory from looking like a leak. The
bytes stay in the system's page cache, so reading them again is as fast.
"""

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELEASE_BYTES = 64_000_000  # read between two releases
CHUNK_BYTES = 1 << 22  # read at a time; what is computed from them needs several times as much

_FAULT_AROUND_BYTES = 1 << 16  # what Linux maps around a byte that is read
_RELEASE = getattr(mmap, "MADV_DONTNEED", None)


class PageReleaser:
    """Count the images read from a memory-mapped array, and release its pages regularly.

    Does nothing for arrays in memory, and on platforms without `madvise`.
    """

    def __init__(self, images: NDArray[Any]) -> None:
        self._map = _mapping(images) if _RELEASE is not None else None
        self._bytes_per_image = images[:1].nbytes + _FAULT_AROUND_BYTES
        self._bytes_read = 0

    def count_read(self, count: int) -> None:
        """Count `count` more images as read, at any positions."""
        self._bytes_read += count * self._bytes_per_image
        if self._bytes_read >= RELEASE_BYTES:
            self.release()

    def release(self) -> None:
        """Release all pages of the map from this process's memory."""
        self._bytes_read = 0
        if self._map is not None and _RELEASE is not None:
            self._map.madvise(_RELEASE)


def chunk_slices(images: NDArray[Any], count: int | None = None) -> Iterator[slice]:
    """Yield slices of a few megabytes, releasing the pages of earlier ones.

    With `count`, the slices are of a list of `count` indices into the images instead.

    >>> list(chunk_slices(np.zeros((5, 1000, 1000, 2), np.uint8)))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    releaser = PageReleaser(images)
    rows = max(1, CHUNK_BYTES // max(1, images[:1].nbytes))
    count = len(images) if count is None else count
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))
        releaser.count_read(rows)
    releaser.release()


def _mapping(array: Any) -> mmap.mmap | None:
    """Return the map of an array or view; None if there is none or it is writable."""
    while array is not None:
        if isinstance(array, np.memmap):
            found: Any = getattr(array, "_mmap", None)
            return found if array.mode == "r" and isinstance(found, mmap.mmap) else None
        array = getattr(array, "base", None)
    return None
