"""B-trees of versions 1 and 2: the indices of groups, chunks and heaps."""

from collections.abc import Iterator

from scallion.hdf5.byte_source import UNDEFINED, ByteSource, bytes_for

_MAX_DEPTH = 64
_HEADER_2 = 10  # signature, version, type and checksum of a node of version 2


def leaves(
    source: ByteSource, address: int, node_type: int, key_bytes: int
) -> Iterator[tuple[bytes, int]]:
    """Yield key and address of the children of a version 1 tree's lowest nodes. Raises FileError.

    The limit of `source` ends the walk in a tree that contains itself.
    """
    if address == UNDEFINED:
        return
    pending: list[tuple[int, int | None]] = [(address, None)]
    while pending:
        address, wanted = pending.pop()
        fields = source.fields(address, 24, b"TREE")
        kind, level, count = (fields.uint(n) for n in (1, 1, 2))
        is_valid = kind == node_type and level <= _MAX_DEPTH and wanted in (None, level)
        if not is_valid:
            raise source.damaged(f"the B-tree at {address:,} is invalid")
        fields = source.fields(address + 24, count * (key_bytes + 8) + key_bytes)
        found = [(fields.take(key_bytes), fields.uint(8)) for _ in range(count)]
        if level == 0:
            yield from found
        else:
            pending.extend((child, level - 1) for _, child in reversed(found))


def records(source: ByteSource, address: int, record_type: int) -> Iterator[bytes]:
    """Yield the records of a version 2 tree. Raises FileError."""
    fields = source.fields(address, 38, b"BTHD")
    version, kind, node_bytes, record_bytes, depth = (fields.uint(n) for n in (1, 1, 4, 2, 2))
    fields.take(2)
    root, root_count = fields.uint(8), fields.uint(2)
    most = (node_bytes - _HEADER_2) // record_bytes if record_bytes else 0
    if version != 0 or kind != record_type or depth > _MAX_DEPTH or most < 1:
        raise source.damaged(f"the B-tree at {address:,} is invalid")
    count_bytes, total, total_bytes = bytes_for(most), most, [0]
    for _ in range(depth):
        pointer = 8 + count_bytes + total_bytes[-1]
        most = max(0, node_bytes - _HEADER_2 - pointer) // (record_bytes + pointer)
        total = (most + 1) * total + most
        total_bytes.append(bytes_for(total))
    pending = [(root, root_count, depth)] if root != UNDEFINED else []
    while pending:
        address, count, level = pending.pop()
        signature = b"BTIN" if level else b"BTLF"
        pointer = 8 + count_bytes + total_bytes[level - 1] if level else 0
        length = 6 + count * record_bytes + (count + 1) * pointer
        if length > node_bytes:
            raise source.damaged(f"the B-tree at {address:,} is invalid")
        fields = source.fields(address, length, signature)
        if (fields.uint(1), fields.uint(1)) != (0, record_type):
            raise source.damaged(f"the B-tree at {address:,} is invalid")
        yield from [fields.take(record_bytes) for _ in range(count)]
        for _ in range(count + 1 if level else 0):
            child, child_count = fields.uint(8), fields.uint(count_bytes)
            fields.take(total_bytes[level - 1])
            pending.append((child, child_count, level - 1))
