"""Filters of chunks: gzip, shuffle and checksums."""

import zlib
from dataclasses import dataclass

import numpy as np

from scallion.hdf5.byte_source import Fields

_GZIP, _SHUFFLE, _FLETCHER = 1, 2, 3
_NAMES = {4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "LZF"}
_MAX_FILTERS = 32


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a pipeline, with the number of bytes per element."""

    number: int
    element_bytes: int


def read_filters(fields: Fields) -> list[Filter]:
    """Return the filters of a message. Raises FileError, UnsupportedError for other filters."""
    version, count = fields.uint(1), fields.uint(1)
    if version not in (1, 2) or count > _MAX_FILTERS:
        raise fields.source.damaged("the filters of a dataset are invalid")
    fields.take(6 if version == 1 else 0)
    found: list[Filter] = []
    for _ in range(count):
        number = fields.uint(2)
        name_bytes = fields.uint(2) if version == 1 or number >= 256 else 0
        values_count = (fields.uint(2), fields.uint(2))[1]
        fields.take(name_bytes + (-name_bytes % 8 if version == 1 else 0))
        values = [fields.uint(4) for _ in range(values_count)]
        if version == 1 and values_count % 2:
            fields.take(4)
        if number not in (_GZIP, _SHUFFLE, _FLETCHER):
            name = _NAMES.get(number, f"filter {number}")
            raise fields.source.unsupported(f"data compressed with {name}")
        found.append(Filter(number, values[0] if number == _SHUFFLE and values else 1))
    return found


def undo(filters: list[Filter], mask: int, data: bytes, size: int) -> bytes:
    """Return the `size` bytes of a chunk. Raises ValueError for damaged data.

    Bit i of `mask` says that filter i was not applied.
    """
    for index in reversed(range(len(filters))):
        one = filters[index]
        if mask >> index & 1:
            continue
        if one.number == _GZIP:
            data = _decompress(data, size + 4)  # of the checksum, which may be inside
        elif one.number == _FLETCHER:
            data = data[:-4]
        elif 1 < one.element_bytes <= len(data):
            count = len(data) // one.element_bytes
            whole = count * one.element_bytes
            planes = np.frombuffer(data[:whole], np.uint8).reshape(one.element_bytes, count)
            data = planes.T.tobytes() + data[whole:]
    if len(data) != size:
        raise ValueError(f"a chunk has {len(data):,} bytes instead of {size:,}")
    return data


def _decompress(data: bytes, most: int) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        found = decompressor.decompress(data, most)
    except zlib.error as error:
        raise ValueError(f"a chunk cannot be decompressed: {error}") from error
    if decompressor.unconsumed_tail:
        raise ValueError(f"a chunk has more than {most:,} bytes")
    return found
