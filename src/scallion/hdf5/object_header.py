"""Object headers: the messages that describe a group or dataset (versions 1 and 2)."""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from scallion.hdf5.byte_source import ByteSource, Fields

_MAX_MESSAGES = 65_535
_SHARED = 2  # a flag: the message is stored elsewhere


class Kind(IntEnum):
    """The kinds of messages that are read."""

    DATASPACE = 0x01
    LINK_INFO = 0x02
    DATATYPE = 0x03
    FILL_VALUE = 0x05
    LINK = 0x06
    EXTERNAL_FILES = 0x07
    LAYOUT = 0x08
    FILTERS = 0x0B
    ATTRIBUTE = 0x0C
    CONTINUATION = 0x10
    SYMBOL_TABLE = 0x11
    ATTRIBUTE_INFO = 0x15


_KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class HeaderMessage:
    """A message of an object header."""

    kind: Kind
    flags: int
    data: bytes

    def fields(self, source: ByteSource) -> Fields:
        """Return the message's fields. Raises UnsupportedError for one that is stored elsewhere."""
        if self.flags & _SHARED:
            raise source.unsupported("a committed datatype or another shared message")
        return Fields(source, self.data)


def read_messages(source: ByteSource, address: int) -> list[HeaderMessage]:
    """Return the messages of the object at an address. Raises FileError."""
    if source.read(address, 4) == b"OHDR":
        return _read_version_2(source, address)
    fields = source.fields(address, 16)
    version, _, count, _, size = (fields.uint(n) for n in (1, 1, 2, 4, 4))
    if version != 1:
        raise source.damaged(f"the object at {address:,} has the version {version}")
    messages: list[HeaderMessage] = []
    blocks = _Blocks(source, address + 16, size)
    while blocks.pending and count:
        fields = blocks.next()
        while fields.left >= 8 and count:
            kind, length, flags, _ = (fields.uint(n) for n in (2, 2, 1, 3))
            blocks.add(messages, kind, flags, fields.take(length))
            count -= 1
    return messages


def _read_version_2(source: ByteSource, address: int) -> list[HeaderMessage]:
    fields = source.fields(address, min(32, source.size - address), b"OHDR")
    version, flags = fields.uint(1), fields.uint(1)
    if version != 2:
        raise source.damaged(f"the object at {address:,} has the version {version}")
    size_bytes = 1 << (flags & 3)
    start = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    fields.take(start - 6)
    size = fields.uint(size_bytes)
    messages: list[HeaderMessage] = []
    blocks = _Blocks(source, address + start + size_bytes, size)
    is_first = True
    order_bytes = 2 if flags & 4 else 0
    while blocks.pending:
        fields = blocks.next()
        if not is_first and fields.take(4) != b"OCHK":
            raise source.damaged("OCHK is expected in an object's header")
        checksum = 0 if is_first else 4
        is_first = False
        while fields.left - checksum >= 4 + order_bytes:
            kind, length, message_flags, _ = (fields.uint(n) for n in (1, 2, 1, order_bytes))
            blocks.add(messages, kind, message_flags, fields.take(length))
    return messages


class _Blocks:
    """The blocks of an object header, each read once."""

    def __init__(self, source: ByteSource, address: int, size: int) -> None:
        self.source = source
        self.pending = deque([(address, size)])
        self._known = {address}

    def next(self) -> Fields:
        return self.source.fields(*self.pending.popleft())

    def add(self, messages: list[HeaderMessage], kind: int, flags: int, data: bytes) -> None:
        """Note a message, or the next block that it refers to."""
        if kind == Kind.CONTINUATION:
            fields = Fields(self.source, data)
            address, size = fields.uint(8), fields.uint(8)
            if address in self._known:
                raise self.source.damaged("an object's header continues in itself")
            self._known.add(address)
            self.pending.append((address, size))
        elif kind in _KINDS:
            if len(messages) >= _MAX_MESSAGES:
                raise self.source.damaged(f"an object has more than {_MAX_MESSAGES:,} messages")
            messages.append(HeaderMessage(Kind(kind), flags, data))
