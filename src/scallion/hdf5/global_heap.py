"""Global heaps, which store text of variable length."""

from scallion.hdf5.byte_source import ByteSource

_HEADER = 16


class GlobalHeaps:
    """The collections of a file, each read once."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._collections: dict[int, dict[int, bytes]] = {}

    def object(self, address: int, index: int) -> bytes:
        """Return an object of the collection at an address. Raises FileError."""
        if address not in self._collections:
            self._collections[address] = self._read(address)
        found = self._collections[address].get(index)
        if found is None:
            raise self._source.damaged(f"the heap at {address:,} has no object {index}")
        return found

    def _read(self, address: int) -> dict[int, bytes]:
        source = self._source
        fields = source.fields(address, _HEADER, b"GCOL")
        version, _, size = (fields.uint(n) for n in (1, 3, 8))
        if version != 1 or size < _HEADER:
            raise source.damaged(f"the heap at {address:,} is invalid")
        fields = source.fields(address + _HEADER, size - _HEADER)
        objects: dict[int, bytes] = {}
        while fields.left >= _HEADER:
            index, _, _, length = (fields.uint(n) for n in (2, 2, 4, 8))
            if index == 0:
                break
            objects[index] = fields.take(length)
            fields.take(min(-length % 8, fields.left))
        return objects
