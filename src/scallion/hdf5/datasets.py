"""The values of datasets: contiguous, compact and in chunks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scallion.hdf5.b_trees import leaves
from scallion.hdf5.byte_source import UNDEFINED, ByteSource, Fields
from scallion.hdf5.filters import Filter, undo

_COMPACT, _CONTIGUOUS, _CHUNKED = 0, 1, 2
# gzip compresses 1032 to 1 at best: a larger array cannot be in the file.
_MOST_EXPANSION = 1100
_ALWAYS_ALLOWED = 64 * 2**20
_MOST_PADDING = 8  # bytes in chunks per byte of the dataset


@dataclass(slots=True)
class Layout:
    """Where the values of a dataset are."""

    kind: int
    address: int = UNDEFINED
    data: bytes = b""
    chunks: tuple[int, ...] = ()
    filters: list[Filter] = field(default_factory=list)
    fill: bytes = b""


def read_layout(fields: Fields) -> Layout:
    """Return the layout of a message. Raises FileError, UnsupportedError."""
    version, kind = fields.uint(1), fields.uint(1)
    if not 3 <= version <= 5:
        raise fields.source.unsupported(f"a data layout of version {version}")
    if kind == _COMPACT:
        return Layout(kind, data=fields.take(fields.uint(2)))
    if kind == _CONTIGUOUS:
        return Layout(kind, address=fields.uint(8))
    if kind != _CHUNKED:
        raise fields.source.unsupported("a virtual dataset")
    if version != 3:
        raise fields.source.unsupported('chunks as `libver="latest"` stores them')
    rank, address = fields.uint(1), fields.uint(8)
    sides = [fields.uint(4) for _ in range(rank)]
    return Layout(kind, address, chunks=tuple(sides[:-1]))


def read_fill_value(fields: Fields) -> bytes:
    """Return the fill value, of elements that were never stored, as bytes; empty for 0."""
    version = fields.uint(1)
    if version == 3:
        return fields.take(fields.uint(4)) if fields.uint(1) & 0x20 else b""
    fields.take(2)
    is_defined = fields.uint(1)
    return fields.take(fields.uint(4)) if fields.left >= 4 and is_defined else b""


def read_values(
    source: ByteSource, layout: Layout, shape: tuple[int, ...], dtype: np.dtype
) -> np.ndarray:
    """Return the values of a dataset as a new array. Raises FileError.

    The limits of memory and time are known before: a few times the file's size where the values are
    not compressed.
    """
    size = math.prod(shape) * dtype.itemsize
    if size > max(_ALWAYS_ALLOWED, _MOST_EXPANSION * source.size):
        raise source.damaged(f"an array of {size:,} bytes is not in its {source.size:,} bytes")
    if layout.kind == _COMPACT:
        if len(layout.data) < size:
            raise source.damaged("an array is shorter than its shape")
        return np.frombuffer(layout.data[:size], dtype).reshape(shape).copy()
    if layout.kind == _CONTIGUOUS and layout.address != UNDEFINED:
        if not size:
            return np.zeros(shape, dtype)
        if size > source.size:  # before memory is allocated
            raise source.damaged(f"an array of {size:,} bytes is not in its {source.size:,} bytes")
        stored = np.empty(shape, dtype)
        source.read_into(layout.address, stored)
        return stored
    fill = np.frombuffer(layout.fill, dtype)[0] if len(layout.fill) == dtype.itemsize else 0
    values = np.full(shape, fill, dtype)
    if layout.address != UNDEFINED and size:
        _read_chunks(source, layout, values)
    return values


def _read_chunks(source: ByteSource, layout: Layout, values: np.ndarray) -> None:
    chunks, shape = layout.chunks, values.shape
    if len(chunks) != len(shape) or not chunks or min(chunks) < 1:
        raise source.damaged(f"an array of the shape {shape} is in chunks of {chunks}")
    size = math.prod(chunks) * values.dtype.itemsize
    grid = [-(-side // chunk) for side, chunk in zip(shape, chunks, strict=True)]
    if math.prod(grid) * size > max(_ALWAYS_ALLOWED, _MOST_PADDING * values.nbytes):
        raise source.damaged(
            f"an array of {values.nbytes:,} bytes is in {math.prod(grid):,} chunks of {size:,}"
        )
    seen: set[tuple[int, ...]] = set()
    for corner, address, stored, mask in _chunk_places(
        source, layout.address, math.prod(grid), len(grid)
    ):
        is_inside = all(
            place % chunk == 0 and place < side
            for place, chunk, side in zip(corner, chunks, shape, strict=True)
        )
        if not is_inside or corner in seen or stored > 2 * size + 4096:
            raise source.damaged(f"the chunk at {corner} of an array of the shape {shape}")
        seen.add(corner)
        try:
            data = undo(layout.filters, mask, source.read_data(address, stored), size)
        except ValueError as error:
            raise source.damaged(str(error)) from error
        chunk_values = np.frombuffer(data, values.dtype).reshape(chunks)
        target = values[tuple(slice(at, at + n) for at, n in zip(corner, chunks, strict=True))]
        target[...] = chunk_values[tuple(slice(side) for side in target.shape)]


def _chunk_places(
    source: ByteSource, address: int, most: int, rank: int
) -> Iterator[tuple[tuple[int, ...], int, int, int]]:
    """Yield corner, address, number of stored bytes and mask of filters of each chunk."""
    key_bytes = 8 + 8 * (rank + 1)
    for number, (key, place) in enumerate(
        leaves(source, address, node_type=1, key_bytes=key_bytes)
    ):
        if number >= most:
            raise source.damaged(f"an array has more than its {most:,} chunks")
        fields = Fields(source, key)
        stored, mask = fields.uint(4), fields.uint(4)
        yield tuple(fields.uint(8) for _ in range(rank)), place, stored, mask
