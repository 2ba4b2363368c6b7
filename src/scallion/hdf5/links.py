"""The links of a group: symbol tables, and compact and dense links."""

from collections.abc import Iterable, Iterator

from scallion.hdf5.b_trees import leaves
from scallion.hdf5.byte_source import ByteSource, Fields
from scallion.hdf5.dense_storage import dense_records
from scallion.hdf5.object_header import HeaderMessage, Kind

_BY_NAME = 5  # the type of a B-tree of links
_SOFT = 2  # the type of a symbol table's entry

Links = dict[str, int | None]
"""The address of each object by its name, None for links to other places and files."""


def is_group(messages: Iterable[HeaderMessage]) -> bool:
    """Return whether the object is a group."""
    kinds = (Kind.SYMBOL_TABLE, Kind.LINK_INFO, Kind.LINK)
    return any(message.kind in kinds for message in messages)


def read_links(source: ByteSource, messages: Iterable[HeaderMessage]) -> Links:
    """Return the links of a group. Raises FileError."""
    found: Links = {}
    for message in messages:
        if message.kind == Kind.SYMBOL_TABLE:
            found.update(_symbol_table(source, message.fields(source)))
        elif message.kind == Kind.LINK:
            found.update([_link(message.fields(source))])
        elif message.kind == Kind.LINK_INFO:
            found.update(_dense_links(source, message.fields(source)))
    return found


def _symbol_table(source: ByteSource, fields: Fields) -> Iterator[tuple[str, int | None]]:
    tree, heap = fields.uint(8), fields.uint(8)
    fields = source.fields(heap, 32, b"HEAP")
    version, _, size, _, start = (fields.uint(n) for n in (1, 3, 8, 8, 8))
    if version != 0:
        raise source.damaged(f"the heap at {heap:,} is invalid")
    names = source.read(start, size)
    for _, address in leaves(source, tree, node_type=0, key_bytes=8):
        fields = source.fields(address, 8, b"SNOD")
        count = fields.uint(4) >> 16
        fields = source.fields(address + 8, 40 * count)
        for _ in range(count):
            place, target, kind, _ = (fields.uint(n) for n in (8, 8, 4, 20))
            end = names.find(b"\0", place)
            if end < 0:
                raise source.damaged("the name of a link is outside of its heap")
            yield _text(names[place:end]), None if kind == _SOFT else target


def _dense_links(source: ByteSource, fields: Fields) -> Iterator[tuple[str, int | None]]:
    stored = dense_records(source, fields, "the links of a group", _BY_NAME, index_bytes=8)
    for heap, record in stored:
        yield _link(Fields(source, heap.object(record[4:])))


def _link(fields: Fields) -> tuple[str, int | None]:
    version, flags = fields.uint(1), fields.uint(1)
    if version != 1:
        raise fields.source.damaged(f"a link has the version {version}")
    kind = fields.uint(1) if flags & 8 else 0
    fields.take((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = _text(fields.take(fields.uint(1 << (flags & 3))))
    return name, fields.uint(8) if kind == 0 else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
