"""Mutations of files by a seed, and the check that what reads them raises our own errors only."""

import copy
import random
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scallion.errors import ScallionError

_HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e39, float("inf"),
    float("nan"), "", "x", "\0", "../../etc/passwd", "é" * 300, [], {}, [[]], [None], {"a": 1},
    [1, 2, 3], ["a", "b"], {"class_name": "Dense", "config": {}}, 1e-320, "float32", "NaN",
)  # fmt: skip
_BYTES = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFE, 0xFF)


def seeds(request: pytest.FixtureRequest, few: int) -> Iterator[random.Random]:
    """Yield a generator of random numbers per mutation: `few`, or `pytest --fuzz COUNT`."""
    count = request.config.getoption("--fuzz") or few
    for number in range(count):
        yield random.Random(number)


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four changes of the kinds that damage and malice make."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(changed) + 1)
        length = min(len(changed) - at, rng.choice((1, 1, 2, 4, 8, 64)))
        kind = rng.randrange(8)
        if kind == 0:
            changed[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1 and length:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            changed[at : at + length] = bytes([rng.choice(_BYTES)]) * length
        elif kind == 3:
            del changed[at : at + length]
        elif kind == 4:
            changed[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 5:
            changed[at:at] = changed[at : at + length]
        elif kind == 6:
            value = rng.choice((0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1))
            changed[at : at + 4] = value.to_bytes(4, rng.choice(("big", "little")))
        elif rng.random() < 0.3:
            del changed[at:]
    return bytes(changed)


def mutate_json(value: Any, rng: random.Random) -> Any:
    """Return a JSON value with one to three nodes replaced, removed, added or exchanged.

    The value itself is changed.
    """
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(value))
        if not places:
            return rng.choice(_HOSTILE)
        holder, key = rng.choice(places)
        kind = rng.randrange(6)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            other, other_key = rng.choice(places)
            # A copy, since a value within itself is not JSON.
            copied = copy.deepcopy(other[other_key])
            holder[key] = copied if rng.random() < 0.5 else _scaled(holder[key], rng)
        elif kind == 2:
            holder[key] = _scaled(holder[key], rng)
        elif kind == 3 and isinstance(holder, dict):
            holder[f"{key}x"] = holder.pop(key)
        elif kind == 3:
            holder.insert(key, holder[key])
        else:
            holder[key] = rng.choice(_HOSTILE)
    return value


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Yield all containers in a JSON value with each of their keys."""
    if depth > 30 or not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        yield from _places(value[key], depth + 1)


def _scaled(value: Any, rng: random.Random) -> Any:
    """Return a value of the same type that is nearly right."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return rng.choice((value + 1, value - 1, -value, value * 1000, float(value), str(value)))
    if isinstance(value, str):
        return rng.choice((value.upper(), value + "_", value[:-1], value * 50))
    return rng.choice((list(value), value, str(value)))


class RawErrors:
    """Collects errors that are not Scallion's, or have no hint, with the seed that causes them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.tried = self.refused = 0

    def try_reading(self, seed: int, what: str, read: Callable[[], Any]) -> None:
        """Call the function; an error of Scallion with a hint is what damaged files must raise."""
        self.tried += 1
        try:
            read()
        except ScallionError as error:
            self.refused += 1
            if not error.hint:
                self.found.append(f"{what}, seed {seed}: no hint: {error}")
        except Exception:
            self.found.append(f"{what}, seed {seed}: {traceback.format_exc(limit=-3)}")

    def require_none(self) -> None:
        """Fail with the first few raw errors; and where no file was refused or all were."""
        shown = "\n".join(self.found[:8])
        assert not self.found, f"{len(self.found)} of {self.tried} readings:\n{shown}"
        assert 0 < self.refused < self.tried
