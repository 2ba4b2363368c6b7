"""The bytes of an HDF5 file: every read is within the file, and within a limit of work."""

from typing import BinaryIO

import numpy as np

from scallion.errors import FileError, UnsupportedError

UNDEFINED = 2**64 - 1  # the address of what was never stored
_HINT = "the file is damaged or was not written by Keras; take it from a copy, or save it again"

# Structures that refer to each other in circles, as in a damaged file, soon reach this limit.
_COST_OF_READ = 256
_MAX_COST = 256 * 2**20


class ByteSource:
    """An open file. `read` counts towards a limit, which is known before the work."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.size = file.seek(0, 2)
        self._file = file
        self._budget = min(16 * self.size + 2**20, _MAX_COST)

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the file's structure. Raises FileError for bytes outside the file."""
        self._budget -= length + _COST_OF_READ
        if self._budget < 0:
            raise self.damaged("its structures refer to each other again and again")
        return self.read_data(offset, length)

    def read_data(self, offset: int, length: int) -> bytes:
        """Return bytes of a dataset, whose number the caller has limited. Raises FileError."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise self._outside(offset, length)
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) != length:
            raise self.damaged("it became shorter while it was read")
        return data

    def read_into(self, offset: int, array: np.ndarray) -> None:
        """Fill a contiguous array with bytes of a dataset. Raises FileError."""
        if offset < 0 or offset + array.nbytes > self.size:
            raise self._outside(offset, array.nbytes)
        self._file.seek(offset)
        if self._file.readinto(array.reshape(-1).view(np.uint8)) != array.nbytes:  # type: ignore[attr-defined]
            raise self.damaged("it became shorter while it was read")

    def fields(self, offset: int, length: int, signature: bytes = b"") -> "Fields":
        """Return a block of the file's structure, after the signature that it must begin with."""
        fields = Fields(self, self.read(offset, length))
        if fields.take(len(signature)) != signature:
            raise self.damaged(f"{signature.decode()} is expected at {offset:,}")
        return fields

    def _outside(self, offset: int, length: int) -> FileError:
        return self.damaged(
            f"{length:,} bytes at {offset:,} are outside of its {self.size:,} bytes"
        )

    def damaged(self, reason: str) -> FileError:
        """Return the error for a file that is not valid HDF5."""
        return FileError(f"{self.name} is damaged: {reason}", hint=_HINT)

    def unsupported(self, feature: str) -> UnsupportedError:
        """Return the error for a feature of HDF5 that h5py does not use by default."""
        return UnsupportedError(
            f"{self.name} has {feature}, which is not supported",
            hint='write the file with Keras, or with h5py.File(path, "w") and its defaults',
        )


class Fields:
    """Little-endian numbers of a block, read one after the other and never beyond its end."""

    __slots__ = ("_at", "_block", "source")

    def __init__(self, source: ByteSource, block: bytes) -> None:
        self.source = source
        self._block = block
        self._at = 0

    @property
    def left(self) -> int:
        """The number of bytes that are not read yet."""
        return len(self._block) - self._at

    def take(self, count: int) -> bytes:
        """Return the next bytes. Raises FileError at the end of the block."""
        end = self._at + count
        if end > len(self._block):
            raise self.source.damaged("a structure is longer than its block")
        data = self._block[self._at : end]
        self._at = end
        return data

    def uint(self, size: int) -> int:
        """Return the next unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def align(self, to: int) -> None:
        """Skip to the next multiple of `to`, counted from the start of the block."""
        self.take(-self._at % to)


def bytes_for(value: int) -> int:
    """Return the number of bytes that HDF5 uses for integers up to `value`."""
    return max(1, (value.bit_length() + 7) // 8)
