"""The wire format of Protocol Buffers: a message is a sequence of numbered fields.

A field is a tag, which holds its number and wire type, and its value (protobuf.dev, "Encoding").
ONNX files and TensorBoard's use variable-length integers, floats of 4 and 8 bytes, and byte strings
with a length, for text, arrays and messages in messages.
"""

import struct
from collections.abc import Iterable, Iterator

from scallion.errors import FileError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WORD = 2**64


def varint(value: int) -> bytes:
    """Return an integer in 7-bit groups, the lowest first; a negative one takes ten bytes.

    >>> varint(300), len(varint(-1))
    (b'\\xac\\x02', 10)
    """
    rest, encoded = value % _WORD, bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def integer(number: int, value: int) -> bytes:
    """Return an integer field.

    >>> integer(1, 150)
    b'\\x08\\x96\\x01'
    """
    return varint(number << 3 | VARINT) + varint(value)


def float32(number: int, value: float) -> bytes:
    """Return a float32 field."""
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def float64(number: int, value: float) -> bytes:
    """Return a float64 field."""
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def byte_string(number: int, value: bytes) -> bytes:
    """Return a field of bytes, or of a message that is already encoded."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def text(number: int, value: str) -> bytes:
    """Return a text field, in UTF-8."""
    return byte_string(number, value.encode())


def integers(number: int, values: Iterable[int]) -> bytes:
    """Return a packed field of integers: one byte string with all of them."""
    return byte_string(number, b"".join(map(varint, values)))


def floats(number: int, values: Iterable[float]) -> bytes:
    """Return a packed field of float32 values."""
    return byte_string(number, b"".join(struct.pack("<f", value) for value in values))


def messages(number: int, values: Iterable[bytes]) -> bytes:
    """Return one field per encoded message."""
    return b"".join(byte_string(number, value) for value in values)


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field: integers as they are, everything else as bytes.

    Raises FileError for bytes that are not a message.
    """
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, position = _read_varint(message, position)
            yield number, value
            continue
        if kind == BYTES:
            length, position = _read_varint(message, position)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise _damaged()
        if number == 0 or position + length > len(message):
            raise _damaged()
        yield number, message[position : position + length]
        position += length


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    """Return an integer and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value % _WORD, position
    raise _damaged()


def _damaged() -> FileError:
    return FileError("the file is damaged, or not an ONNX file", hint="export the model again")
