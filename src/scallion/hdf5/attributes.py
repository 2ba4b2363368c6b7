"""Attributes of groups and datasets."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scallion.hdf5.byte_source import ByteSource, Fields
from scallion.hdf5.datatypes import Datatype, read_datatype, read_shape
from scallion.hdf5.dense_storage import dense_records
from scallion.hdf5.global_heap import GlobalHeaps
from scallion.hdf5.object_header import HeaderMessage, Kind

_BY_NAME = 8  # the type of a B-tree of attributes
_REFERENCE = 16  # bytes of a text's length and place in a heap
_MAX_TEXT_BYTES = 64 * 2**20  # of an attribute: many texts may refer to the same bytes of the file


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that is not decoded yet."""

    datatype: bytes
    dataspace: bytes
    data: bytes

    def value(self, source: ByteSource, heaps: GlobalHeaps) -> Any:
        """Return a text, a flat list of texts or an array; None for an empty one.

        Raises FileError for a damaged one, UnsupportedError for other types.
        """
        datatype = read_datatype(Fields(source, self.datatype))
        shape = read_shape(Fields(source, self.dataspace))
        if shape is None:
            return None
        count = math.prod(shape)
        if datatype.is_variable_text:
            fields = Fields(source, self.data)
            if datatype.size != _REFERENCE or count > fields.left // _REFERENCE:
                raise source.damaged("an attribute is shorter than its shape")
            texts = _texts(fields, heaps, count)
            return texts if shape else texts[0]
        if datatype.dtype is None:
            raise source.unsupported(f"attributes of {datatype}")
        if count * datatype.size > len(self.data):
            raise source.damaged("an attribute is shorter than its shape")
        array = np.frombuffer(self.data, datatype.dtype, count)
        if datatype.dtype.kind != "S":
            return array.reshape(shape).astype(datatype.dtype.newbyteorder("="))
        texts = [_fixed_text(value, datatype) for value in array.tolist()]
        return texts if shape else texts[0]


def _texts(fields: Fields, heaps: GlobalHeaps, count: int) -> list[str]:
    texts: list[str] = []
    left = _MAX_TEXT_BYTES
    for _ in range(count):
        length, address, index = (fields.uint(n) for n in (4, 8, 4))
        left -= length
        if left < 0:
            raise fields.source.damaged(f"an attribute has more than {_MAX_TEXT_BYTES:,} bytes")
        data = heaps.object(address, index)[:length] if address and length else b""
        texts.append(data.decode("utf-8", "surrogateescape"))
    return texts


def _fixed_text(value: bytes, datatype: Datatype) -> str:
    text = value.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return text.rstrip(" ") if datatype.is_space_padded else text


def read_attributes(source: ByteSource, messages: Iterable[HeaderMessage]) -> dict[str, Attribute]:
    """Return the attributes of an object by name. Raises FileError."""
    found: dict[str, Attribute] = {}
    for message in messages:
        if message.kind == Kind.ATTRIBUTE:
            found.update([_read(message.fields(source))])
        elif message.kind == Kind.ATTRIBUTE_INFO:
            found.update(_dense(source, message.fields(source)))
    return found


def _dense(source: ByteSource, fields: Fields) -> Iterator[tuple[str, Attribute]]:
    stored = dense_records(source, fields, "the attributes of an object", _BY_NAME, index_bytes=2)
    for heap, record in stored:
        if record[heap.id_length] & 2:
            raise source.unsupported("shared attributes")
        yield _read(Fields(source, heap.object(record[: heap.id_length])))


def _read(fields: Fields) -> tuple[str, Attribute]:
    version, flags = fields.uint(1), fields.uint(1)
    if not 1 <= version <= 3:
        raise fields.source.damaged(f"an attribute has the version {version}")
    if version > 1 and flags & 3:
        raise fields.source.unsupported("a committed datatype or another shared message")
    name_bytes, type_bytes, space_bytes = (fields.uint(2) for _ in range(3))
    fields.take(1 if version == 3 else 0)
    step = 8 if version == 1 else 1
    parts: list[bytes] = []
    for size in (name_bytes, type_bytes, space_bytes):
        parts.append(fields.take(size))
        fields.align(step)
    name = parts[0].partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return name, Attribute(parts[1], parts[2], fields.take(fields.left))
