"""Files, groups and datasets. Objects are read when they are needed, each once.

The format is that of the HDF5 File Format Specification, version 3.0. Checksums are not compared.
"""

import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from scallion.errors import FileError
from scallion.hdf5.attributes import Attribute, read_attributes
from scallion.hdf5.byte_source import ByteSource, Fields
from scallion.hdf5.datasets import Layout, read_fill_value, read_layout, read_values
from scallion.hdf5.datatypes import read_datatype, read_shape
from scallion.hdf5.filters import read_filters
from scallion.hdf5.global_heap import GlobalHeaps
from scallion.hdf5.links import Links, is_group, read_links
from scallion.hdf5.object_header import HeaderMessage, Kind, read_messages

SIGNATURE = b"\x89HDF\r\n\x1a\n"

_NOT_HERE = "the file is damaged or belongs to another model"
_BFLOAT16 = "bfloat16"  # the attribute `dtype` of Keras


class _Object:
    """A group or dataset."""

    def __init__(self, file: "Hdf5File", messages: list[HeaderMessage]) -> None:
        self._file = file
        self._messages = messages
        self._attributes: dict[str, Attribute] | None = None

    @property
    def attribute_names(self) -> list[str]:
        """The names of the attributes. Raises FileError."""
        return list(self._read_attributes())

    def attribute(self, name: str) -> Any:
        """Return a text, a list of texts or an array; None if there is none. Raises FileError."""
        found = self._read_attributes().get(name)
        return None if found is None else found.value(self._file.source, self._file.heaps)

    def _read_attributes(self) -> dict[str, Attribute]:
        if self._attributes is None:
            self._attributes = read_attributes(self._file.source, self._messages)
        return self._attributes


class Hdf5Group(_Object):
    """A group: names, and the groups and datasets that they stand for."""

    def __init__(self, file: "Hdf5File", messages: list[HeaderMessage]) -> None:
        super().__init__(file, messages)
        self._links: Links | None = None

    @property
    def links(self) -> Links:
        """The address of each object by name. Raises FileError."""
        if self._links is None:
            self._links = read_links(self._file.source, self._messages)
        return self._links

    def __iter__(self) -> Iterator[str]:
        return iter(self.links)

    def __len__(self) -> int:
        return len(self.links)

    def __contains__(self, path: str) -> bool:
        """Return whether the path exists, also as a link, which `get` refuses."""
        *outer, last = _parts(path)
        group: Any = self
        for name in outer:
            if not isinstance(group, Hdf5Group) or name not in group.links:
                return False
            group = group.get(name)
        return isinstance(group, Hdf5Group) and last in group.links

    def get(self, path: str) -> "Hdf5Group | Hdf5Dataset":
        """Return the object at a path. Raises FileError for a missing one, and for links."""
        found: Hdf5Group | Hdf5Dataset = self
        for name in _parts(path):
            links = found.links if isinstance(found, Hdf5Group) else {}
            if name not in links:
                raise FileError(f"{self._file.source.name} has no {path!r}", hint=_NOT_HERE)
            address = links[name]
            if address is None:
                raise FileError(f"{self._file.source.name}: {path!r} is a link", hint=_NOT_HERE)
            found = self._file.object(address)
        return found


class Hdf5Dataset(_Object):
    """An array in a file; `read` returns its values.

    `shape` is None for an empty dataset, `dtype` None for elements that are not numbers or text of
    a fixed length; `type_name` describes them.
    """

    def __init__(self, file: "Hdf5File", messages: list[HeaderMessage]) -> None:
        super().__init__(file, messages)
        self._by_kind = {message.kind: message for message in messages}
        self.shape = read_shape(self._fields(Kind.DATASPACE))
        datatype = read_datatype(self._fields(Kind.DATATYPE))
        self._fields(Kind.LAYOUT)
        self.dtype, self.type_name = datatype.dtype, str(datatype)
        self._is_bfloat16 = datatype.size == 2 and self.dtype is None
        if self._is_bfloat16 and self.attribute("dtype") == _BFLOAT16:
            self.dtype, self.type_name = np.dtype("<u2"), _BFLOAT16
        else:
            self._is_bfloat16 = False

    @property
    def nbytes(self) -> int:
        """The number of bytes of its values in the file's type."""
        return math.prod(self.shape or (0,)) * (self.dtype.itemsize if self.dtype else 0)

    def read(self) -> np.ndarray:
        """Return the values in the machine's byte order, bfloat16 as float32.

        Raises FileError for damaged ones, UnsupportedError for other types and filters.
        """
        source = self._file.source
        if self.shape is None or self.dtype is None:
            raise source.unsupported(f"a dataset of {self.type_name}")
        values = read_values(source, self._read_layout(), self.shape, self.dtype)
        if self._is_bfloat16:
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values.astype(self.dtype.newbyteorder("="), copy=False)

    def _read_layout(self) -> Layout:
        if Kind.EXTERNAL_FILES in self._by_kind:
            raise self._file.source.damaged("the values of an array are in another file")
        layout = read_layout(self._fields(Kind.LAYOUT))
        if Kind.FILTERS in self._by_kind:
            layout.filters = read_filters(self._fields(Kind.FILTERS))
        if Kind.FILL_VALUE in self._by_kind:
            layout.fill = read_fill_value(self._fields(Kind.FILL_VALUE))
        return layout

    def _fields(self, kind: Kind) -> Fields:
        """Return the fields of a message that every dataset has. Raises FileError."""
        source = self._file.source
        if kind not in self._by_kind:
            raise source.damaged("an object is neither a group nor a dataset")
        return self._by_kind[kind].fields(source)


class Hdf5File(Hdf5Group):
    """The root group of an HDF5 file. `name` is what errors call the file.

    Raises FileError for bytes that are not HDF5.
    """

    def __init__(self, file: BinaryIO, name: str = "the file") -> None:
        self.source = ByteSource(file, name)
        self.heaps = GlobalHeaps(self.source)
        self._objects: dict[int, Hdf5Group | Hdf5Dataset] = {}
        super().__init__(self, read_messages(self.source, _root_address(self.source)))

    def object(self, address: int) -> Hdf5Group | Hdf5Dataset:
        """Return the object at an address. Raises FileError."""
        if address not in self._objects:
            messages = read_messages(self.source, address)
            kind = Hdf5Group if is_group(messages) else Hdf5Dataset
            self._objects[address] = kind(self, messages)
        return self._objects[address]


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _root_address(source: ByteSource) -> int:
    """Return the address of the root group in the superblock of a file."""
    if source.size < 48 or source.read(0, 8) != SIGNATURE:
        raise source.damaged("it is not an HDF5 file")
    fields = source.fields(8, min(source.size - 8, 88))
    version = fields.uint(1)
    if version in (0, 1):
        fields.take(4)
        sizes = fields.uint(1), fields.uint(1)
        fields.take(9 + (4 if version == 1 else 0))
        base, _, end, _, _, root = (fields.uint(8) for _ in range(6))
    elif version in (2, 3):
        sizes = fields.uint(1), fields.uint(1)
        fields.take(1)
        base, _, end, root = (fields.uint(8) for _ in range(4))
    else:
        raise source.unsupported(f"a superblock of version {version}")
    if sizes != (8, 8) or base != 0:
        raise source.unsupported("addresses of another size, or a user block")
    if end > source.size:
        raise source.damaged(f"it has {source.size:,} of {end:,} bytes")
    return root
