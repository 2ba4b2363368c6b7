"""Read the pickled dictionaries of CIFAR without unpickling, so that no code can run.

A pickle is a program for a small stack machine. This machine implements only the instructions for
dictionaries, lists, numbers, text and arrays of bytes, which the CIFAR files consist of. The three
NumPy names in a pickled array are recognized but never called; other names and instructions are
refused.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import FileError

_HINT = "delete the file, and download it again from its official address"
_MARK = object()

_RECONSTRUCT = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}
_NDARRAY = ("numpy", "ndarray")
_DTYPE = ("numpy", "dtype")
_ALLOWED = _RECONSTRUCT | {_NDARRAY, _DTYPE}


@dataclass(frozen=True, slots=True)
class _Name:
    module: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """Module and name."""
        return self.module, self.name


@dataclass(slots=True)
class _Array:
    values: NDArray[np.uint8] | None = None


class _Bytes:
    """A placeholder of NumPy's dtype uint8, the only one that CIFAR uses."""


def read(data: bytes, name: str) -> dict[str, Any]:
    """Return the dictionary in a pickle, with its keys as text; `name` names it in errors.

    Values are lists, numbers, bytes, text, and uint8 arrays. Raises FileError for anything else.
    """
    try:
        value = _Machine(data, name).run()
    except (IndexError, struct.error, UnicodeDecodeError, TypeError, ValueError) as error:
        raise FileError(f"{name} is damaged: {error}", hint=_HINT) from error
    if not isinstance(value, dict):
        raise FileError(f"{name} does not contain a dictionary", hint=_HINT)
    return {_text(key): _unwrapped(item) for key, item in value.items()}


class _Machine:
    """A stack machine for the allowed instructions of pickle."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.position = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Execute instructions until STOP; return the value on top of the stack."""
        while (code := self._take(1)) != b".":
            action = _ACTIONS.get(code)
            if action is None:
                raise self._refusal(f"the pickle instruction {code!r}, which CIFAR does not use")
            action(self)
        return self.stack.pop()

    def _take(self, count: int) -> bytes:
        taken = self.data[self.position : self.position + count]
        if len(taken) < count:
            raise ValueError("it is truncated")
        self.position += count
        return taken

    def _number(self, form: str) -> int:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _line(self) -> str:
        end = self.data.index(b"\n", self.position)
        line = self._take(end - self.position + 1)
        return line[:-1].decode("ascii")

    def _refusal(self, what: str) -> FileError:
        return FileError(f"{self.name} is not read: it contains {what}", hint=_HINT)

    def _push(self, value: Any) -> None:
        self.stack.append(value)

    def _since_mark(self) -> list[Any]:
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index] is _MARK:
                items = self.stack[index + 1 :]
                del self.stack[index:]
                return items
        raise ValueError("a mark is missing")

    def _pop_tuple(self, count: int) -> None:
        items = [self.stack.pop() for _ in range(count)]
        self._push(tuple(reversed(items)))

    def _protocol(self) -> None:
        if (version := self._number("<B")) > 5:
            raise ValueError(f"protocol {version} is unknown")

    def _put_memo(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def _get_memo(self, index: int) -> None:
        if index not in self.memo:
            raise ValueError(f"memo entry {index} does not exist")
        self._push(self.memo[index])

    def _extend(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise TypeError("an append to something that is not a list")
        self.stack[-1].extend(items)

    def _set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError("an assignment to something that is not a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_text(key)] = value

    def _global(self, module: str, name: str) -> None:
        if (module, name) not in _ALLOWED:
            raise self._refusal(f"a call of {module}.{name}")
        self._push(_Name(module, name))

    def _stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self._global(_text(module), _text(name))

    def _reduce(self) -> None:
        arguments, called = self.stack.pop(), self.stack.pop()
        if not isinstance(called, _Name) or not isinstance(arguments, tuple):
            raise TypeError("a call of something that is not callable")
        if called.key in _RECONSTRUCT and arguments[:1] == (_Name(*_NDARRAY),):
            self._push(_Array())
        elif called.key == _DTYPE and _text(arguments[0]) in ("u1", "|u1"):
            self._push(_Bytes())
        else:
            raise self._refusal(f"a call of {called.module}.{called.name} with other arguments")

    def _build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, _Bytes):
            return
        if not isinstance(target, _Array):
            raise TypeError("a state of something that is not an array")
        target.values = _array_of(state)


def _array_of(state: Any) -> NDArray[np.uint8]:
    """Return the array of NumPy's pickled state: (version, shape, dtype, is_fortran, bytes)."""
    _, shape, dtype, is_fortran, raw = state
    if not isinstance(dtype, _Bytes) or not isinstance(raw, bytes) or not isinstance(shape, tuple):
        raise TypeError("its array is not of bytes")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise TypeError(f"its array has the shape {shape}")
    if math.prod(shape) != len(raw):
        raise ValueError(f"its array of shape {shape} has {len(raw)} bytes")
    return np.frombuffer(raw, np.uint8).reshape(shape, order="F" if is_fortran else "C")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    raise TypeError(f"text is expected. Received: {type(value).__name__}")


def _unwrapped(value: Any) -> Any:
    return value.values if isinstance(value, _Array) else value


def _sized(form: str) -> Callable[[_Machine], bytes]:
    """Return an instruction that reads a length in the format `form`, then that many bytes."""
    return lambda machine: machine._take(machine._number(form))


_one, _four, _eight = _sized("<B"), _sized("<I"), _sized("<Q")

# The instructions of protocols 2 to 5 for plain data; see Python's `pickletools`.
_ACTIONS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": _Machine._protocol,
    b"\x95": lambda m: (m._take(8), None)[1],  # FRAME: the number of bytes to buffer
    b"(": lambda m: m._push(_MARK),
    b"N": lambda m: m._push(None),
    b"\x88": lambda m: m._push(True),
    b"\x89": lambda m: m._push(False),
    b"K": lambda m: m._push(m._number("<B")),
    b"M": lambda m: m._push(m._number("<H")),
    b"J": lambda m: m._push(m._number("<i")),
    b"\x8a": lambda m: m._push(int.from_bytes(_one(m), "little", signed=True)),
    b"U": lambda m: m._push(_one(m)),
    b"T": lambda m: m._push(_four(m)),
    b"C": lambda m: m._push(_one(m)),
    b"B": lambda m: m._push(_four(m)),
    b"\x8e": lambda m: m._push(_eight(m)),
    b"\x8c": lambda m: m._push(_one(m).decode()),
    b"X": lambda m: m._push(_four(m).decode()),
    b"]": lambda m: m._push([]),
    b"}": lambda m: m._push({}),
    b")": lambda m: m._push(()),
    b"\x85": lambda m: m._pop_tuple(1),
    b"\x86": lambda m: m._pop_tuple(2),
    b"\x87": lambda m: m._pop_tuple(3),
    b"t": lambda m: m._push(tuple(m._since_mark())),
    b"a": lambda m: m._extend([m.stack.pop()]),
    b"e": lambda m: m._extend(m._since_mark()),
    b"s": lambda m: m._set_items([m.stack.pop(), m.stack.pop()][::-1]),
    b"u": lambda m: m._set_items(m._since_mark()),
    b"q": lambda m: m._put_memo(m._number("<B")),
    b"r": lambda m: m._put_memo(m._number("<I")),
    b"\x94": lambda m: m._put_memo(len(m.memo)),
    b"h": lambda m: m._get_memo(m._number("<B")),
    b"j": lambda m: m._get_memo(m._number("<I")),
    b"c": lambda m: m._global(m._line(), m._line()),
    b"\x93": _Machine._stack_global,
    b"R": _Machine._reduce,
    b"b": _Machine._build,
}
