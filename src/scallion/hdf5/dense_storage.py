"""Dense storage: the links or attributes of large groups, in a heap with a B-tree over it."""

from collections.abc import Iterator

from scallion.hdf5.b_trees import records
from scallion.hdf5.byte_source import UNDEFINED, ByteSource, Fields
from scallion.hdf5.fractal_heap import FractalHeap


def dense_records(
    source: ByteSource, fields: Fields, what: str, record_type: int, index_bytes: int
) -> Iterator[tuple[FractalHeap, bytes]]:
    """Yield each record of the B-tree with the heap that its ID is for. Raises FileError.

    `fields` are those of the header message, which has `index_bytes` for the creation index;
    `what` is stored, in the words of an error.
    """
    version, flags = fields.uint(1), fields.uint(1)
    if version != 0:
        raise source.damaged(f"{what} have the version {version}")
    fields.take(index_bytes if flags & 1 else 0)
    heap_address, tree = fields.uint(8), fields.uint(8)
    if heap_address == UNDEFINED:
        return
    heap = FractalHeap(source, heap_address)
    for record in records(source, tree, record_type):
        yield heap, record
