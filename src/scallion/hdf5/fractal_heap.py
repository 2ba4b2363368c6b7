"""Fractal heaps, which store the links and attributes of large groups."""

from scallion.hdf5.byte_source import UNDEFINED, ByteSource, bytes_for

_MAX_WIDTH = 1024
_MAX_ROWS = 64


class FractalHeap:
    """A heap of objects up to the size of its blocks, found by their IDs."""

    def __init__(self, source: ByteSource, address: int) -> None:
        self._source = source
        fields = source.fields(address, 142, b"FRHP")
        version, self.id_length, filters, _ = (fields.uint(n) for n in (1, 2, 2, 1))
        max_object = fields.uint(4)
        fields.take(96)
        self._width, self._start, self._max_direct = (fields.uint(n) for n in (2, 8, 8))
        max_bits, _, self._root, self._rows = (fields.uint(n) for n in (2, 2, 8, 2))
        sizes = (self._start, self._max_direct)
        is_valid = 0 < self._width <= _MAX_WIDTH and self._rows <= _MAX_ROWS and max_bits <= 64
        if version != 0 or not is_valid or any(not _is_power_of_2(size) for size in sizes):
            raise source.damaged(f"the heap at {address:,} is invalid")
        if filters:
            raise source.unsupported("compressed links or attributes")
        self._offset_bytes = (max_bits + 7) // 8
        self._length_bytes = bytes_for(min(self._max_direct, max_object))

    def object(self, heap_id: bytes) -> bytes:
        """Return the object with an ID. Raises FileError, UnsupportedError."""
        kind = heap_id[0] >> 4 & 3
        if kind == 2:
            return heap_id[1 : 2 + (heap_id[0] & 15)]
        if kind != 0:
            raise self._source.unsupported("attributes of more than 64 KB")
        end = 1 + self._offset_bytes
        offset = int.from_bytes(heap_id[1:end], "little")
        length = int.from_bytes(heap_id[end : end + self._length_bytes], "little")
        return self._source.read(self._address_of(offset, length), length)

    def _address_of(self, offset: int, length: int) -> int:
        """Return the place in the file of a place in the heap, whose blocks double in size."""
        address, rows = self._root, self._rows
        if rows == 0:
            return self._inside(address, offset, self._start, length)
        direct_rows = (self._max_direct // self._start).bit_length() + 1
        while True:
            place, row = offset, 0
            while row < rows and place >= self._width * self._block_size(row):
                place -= self._width * self._block_size(row)
                row += 1
            if row == rows:
                raise self._source.damaged("an object is outside of its heap")
            size = self._block_size(row)
            entry = row * self._width + place // size
            child = self._child(address, entry)
            offset = place % size
            if row < direct_rows:
                return self._inside(child, offset, size, length)
            inner = (size // (self._start * self._width)).bit_length()
            if not 0 < inner < rows:
                raise self._source.damaged("a heap is invalid")
            address, rows = child, inner

    def _block_size(self, row: int) -> int:
        return self._start << max(0, row - 1)

    def _child(self, address: int, entry: int) -> int:
        self._source.fields(address, 4, b"FHIB")
        start = address + 13 + self._offset_bytes
        return int.from_bytes(self._source.read(start + 8 * entry, 8), "little")

    def _inside(self, address: int, offset: int, size: int, length: int) -> int:
        if address == UNDEFINED or offset + length > size:
            raise self._source.damaged("an object is outside of its heap")
        self._source.fields(address, 4, b"FHDB")
        return address + offset


def _is_power_of_2(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0
