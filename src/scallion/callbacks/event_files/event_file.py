"""TensorBoard's event files: TFRecords, each an `Event` message with summaries of one step.

A record is its length as uint64, the masked checksum of the length, the message, and the masked
checksum of the message; the checksum is CRC-32C (Castagnoli). Numbers of fields are those of
TensorFlow's `event.proto`, `summary.proto` and `tensor.proto`.
"""

import os
import socket
import struct
import time
from itertools import count
from pathlib import Path

import numpy as np

from scallion import protobuf
from scallion.files import StrPath, file_errors, make_folder

_BUCKETS = 30  # of a histogram, TensorFlow's default
_FLOAT, _DOUBLE = 1, 2  # tensor.proto: DataType
_numbers = count()


def _table() -> list[int]:
    table: list[int] = []
    for byte in range(256):
        rest = byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
        table.append(rest)
    return table


_CRC_TABLE = _table()


def crc32c(data: bytes) -> int:
    """Return the CRC-32C checksum (RFC 3720, appendix B.4).

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    rest = 0xFFFFFFFF
    for byte in data:
        rest = _CRC_TABLE[(rest ^ byte) & 0xFF] ^ rest >> 8
    return rest ^ 0xFFFFFFFF


def record(message: bytes) -> bytes:
    """Return a message as a TFRecord."""
    length = struct.pack("<Q", len(message))
    return length + _masked_checksum(length) + message + _masked_checksum(message)


def _masked_checksum(data: bytes) -> bytes:
    checksum = crc32c(data)
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


class EventFile:
    """An event file in a folder, created with the first value."""

    def __init__(self, folder: StrPath) -> None:
        self.folder = Path(folder)
        self._pending: list[bytes] = []
        self._path: Path | None = None

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add a scalar, as TensorFlow's `summary.scalar` does."""
        content = struct.pack("<f", value)
        self._add(tag, _tensor(_FLOAT, (), content), "scalars", step)

    def histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        """Add a histogram of 30 buckets, as TensorFlow's `summary.histogram` does."""
        self._add(
            tag, _tensor(_DOUBLE, (_BUCKETS, 3), _buckets(values).tobytes()), "histograms", step
        )

    def flush(self) -> None:
        """Append what was added to the file. Raises FileError if it cannot be written."""
        if not self._pending:
            return
        if self._path is None:
            make_folder(self.folder)
            self._path = self.folder / _file_name()
            self._pending.insert(0, record(_event(0, protobuf.text(3, "brain.Event:2"))))
        with file_errors(self._path, "write"), self._path.open("ab") as file:
            file.write(b"".join(self._pending))
        self._pending.clear()

    def _add(self, tag: str, tensor: bytes, plugin: str, step: int) -> None:
        metadata = protobuf.byte_string(1, protobuf.text(1, plugin))
        value = (
            protobuf.text(1, tag)
            + protobuf.byte_string(9, metadata)
            + protobuf.byte_string(8, tensor)
        )
        summary = protobuf.byte_string(1, value)
        self._pending.append(record(_event(step, protobuf.byte_string(5, summary))))


def _event(step: int, content: bytes) -> bytes:
    number = protobuf.integer(2, step) if step else b""
    return protobuf.float64(1, time.time()) + number + content


def _tensor(kind: int, shape: tuple[int, ...], content: bytes) -> bytes:
    sides = protobuf.messages(2, (protobuf.integer(1, side) for side in shape))
    return (
        protobuf.integer(1, kind)
        + protobuf.byte_string(2, sides)
        + protobuf.byte_string(4, content)
    )


def _buckets(values: np.ndarray) -> np.ndarray:
    """Return left edge, right edge and count of each bucket: float64 (30, 3)."""
    finite = np.asarray(values, np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return np.zeros((_BUCKETS, 3))
    low, high = finite.min(), finite.max()
    if low == high:  # all in the last one
        counts = np.zeros(_BUCKETS)
        counts[-1] = finite.size
        return np.stack([np.full(_BUCKETS, low), np.full(_BUCKETS, high), counts], axis=1)
    counts, edges = np.histogram(finite, _BUCKETS, (low, high))
    return np.stack([edges[:-1], edges[1:], counts.astype(np.float64)], axis=1)


def _file_name() -> str:
    """Return a unique file name in TensorFlow's form: time, machine, process and number."""
    return (
        f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        f".{next(_numbers)}.v2"
    )
