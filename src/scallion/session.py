"""The only global state there is: the seed, the number of threads, and automatic names."""

import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from scallion.errors import ArgumentError

THREADS_VARIABLE = "SCALLION_THREADS"
_MIX = 0x9E3779B97F4A7C15  # 2**64 / golden ratio, the increment of SplitMix64
_MASK = (1 << 64) - 1


@dataclass
class _Session:
    seed: int | None = None
    drawn: int = 0
    threads: int | None = None
    names: Counter[str] = field(default_factory=Counter)


_session = _Session()

call_on_arrays: Callable[..., Any] | None = None
"""What runs a layer on arrays. Layers know no engine, so the package itself sets this."""


def set_random_seed(seed: int) -> None:
    """Make everything random that follows repeat: initial weights, shuffling, dropout.

    As Keras does, Python's and NumPy's global generators are seeded too.
    """
    import random

    import numpy as np

    is_whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not is_whole or not 0 <= seed < 2**32:
        raise ArgumentError(
            f"a seed is a whole number from 0 to 4294967295. Received: seed={seed!r}",
            hint="set_random_seed(42)",
        )
    _session.seed = int(seed)
    random.seed(_session.seed)
    np.random.seed(_session.seed)
    _session.drawn = 0


def next_seed() -> int:
    """A fresh 64-bit seed: the next of the session's sequence, or real entropy without one."""
    if _session.seed is None:
        return secrets.randbits(64)
    _session.drawn += 1
    return derive_seed(_session.seed, _session.drawn)


def derive_seed(seed: int, number: int) -> int:
    """A seed derived from another and a number, by SplitMix64 (Steele, Lea, Flood 2014)."""
    z = (seed + number * _MIX) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def set_threads(count: int | None) -> None:
    """Use `count` threads from the next step on; None returns to the default, all cores."""
    is_whole = isinstance(count, int) and not isinstance(count, bool)
    if count is not None and not (is_whole and 1 <= count <= 1024):
        raise ArgumentError(
            f"the number of threads is a whole number from 1 to 1024. Received: {count!r}",
            hint="set_threads(2)",
        )
    _session.threads = count


def get_threads() -> int:
    """The number of threads: what was set, else SCALLION_THREADS, else the cores we may use."""
    if _session.threads is not None:
        return _session.threads
    asked = os.environ.get(THREADS_VARIABLE)
    if asked:
        if not asked.isdecimal() or not 1 <= int(asked) <= 1024:
            raise ArgumentError(
                f"{THREADS_VARIABLE} is a whole number from 1 to 1024. Received: {asked!r}",
                hint=f"{THREADS_VARIABLE}=2",
            )
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def unique_name(prefix: str) -> str:
    """The next automatic name as Keras counts: `conv2d`, `conv2d_1`, `conv2d_2`."""
    count = _session.names[prefix]
    _session.names[prefix] += 1
    return prefix if count == 0 else f"{prefix}_{count}"


@contextmanager
def fresh_names() -> Iterator[None]:
    """Within this, automatic names count from the start, whatever was made before."""
    kept, _session.names = _session.names, Counter()
    try:
        yield
    finally:
        _session.names = kept


@contextmanager
def isolated_session() -> Iterator[None]:
    """Within this, models are built as if nobody saw: names and seeds go on as before it."""
    drawn = _session.drawn
    try:
        with fresh_names():
            yield
    finally:
        _session.drawn = drawn


def snake_case(name: str) -> str:
    """A class name as Keras turns it into a layer name.

    >>> [snake_case(n) for n in ("Conv2D", "MaxPooling2D", "GlobalAveragePooling2D", "ReLU")]
    ['conv2d', 'max_pooling2d', 'global_average_pooling2d', 're_lu']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def clear_session() -> None:
    """Forget automatic names, so that the next layers count from the start again."""
    _session.names.clear()
