"""The only global state: the seed, the number of threads, and the counters of automatic names."""

import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
    seeds_drawn: int = 0
    threads: int | None = None
    engine: str | None = None
    names: Counter[str] = field(default_factory=Counter)


_session = _Session()

call_on_arrays: Callable[..., Any] | None = None
"""Runs a layer on arrays. Layers import no engine, so the package sets this."""

export_model: Callable[..., Any] | None = None
"""Exports a model. Models do not import the export of models, so the package sets this."""

call_custom_layer: Callable[..., Any] | None = None
"""Calls a custom layer. Layers import no graph, so the package sets this."""

apply_activation: Callable[..., Any] | None = None
"""Adds an activation layer to a symbolic tensor; set by layers, which activations cannot import."""

tensor_operators: Mapping[str, Callable[..., Any]] = {}
"""The operators of symbolic tensors: calls of layers, which set this when they are imported."""


def checked_seed(seed: Any) -> int:
    """Return the seed. Raises ArgumentError if it is not an integer from 0 to 2**32 - 1."""
    is_int = hasattr(seed, "__index__") and not isinstance(seed, bool)
    if not is_int or not 0 <= seed < 2**32:
        raise ArgumentError(
            f"a seed must be an integer from 0 to 4294967295. Received: seed={seed!r:.80}",
            hint="set_random_seed(42)",
            field="seed",
            value=seed,
        )
    return int(seed)


def set_random_seed(seed: int) -> None:
    """Make everything random reproducible: initial weights, shuffling, dropout, augmentation.

    As in Keras, Python's and NumPy's global generators are seeded, too. Raises ArgumentError if
    `seed` is not an integer from 0 to 2**32 - 1.
    """
    import random  # both only here: `import scallion` stays fast

    import numpy as np

    _session.seed = checked_seed(seed)
    random.seed(_session.seed)
    np.random.seed(_session.seed)
    _session.seeds_drawn = 0


def next_seed() -> int:
    """Return the next 64-bit seed of the session's sequence, or a random one if no seed is set."""
    if _session.seed is None:
        return secrets.randbits(64)
    _session.seeds_drawn += 1
    return derive_seed(_session.seed, _session.seeds_drawn)


def derive_seed(seed: int, index: int) -> int:
    """Return a seed derived from another and an index, by SplitMix64 (Steele, Lea, Flood 2014)."""
    z = (seed + index * _MIX) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def set_threads(count: int | None) -> None:
    """Use `count` threads from the next step on; None restores the default, all cores.

    Raises ArgumentError if `count` is not from 1 to 1024.
    """
    is_int = isinstance(count, int) and not isinstance(count, bool)
    if count is not None and not (is_int and 1 <= count <= 1024):
        raise ArgumentError(
            f"the number of threads must be an integer from 1 to 1024. Received: {count!r}",
            hint="set_threads(2)",
            field="threads",
            value=count,
        )
    _session.threads = count


def get_threads() -> int:
    """Return the number of threads: as set, else SCALLION_THREADS, else the available cores.

    Raises ArgumentError if SCALLION_THREADS is invalid.
    """
    if _session.threads is not None:
        return _session.threads
    variable = os.environ.get(THREADS_VARIABLE)
    if variable:
        if not variable.isdecimal() or not 1 <= int(variable) <= 1024:
            raise ArgumentError(
                f"{THREADS_VARIABLE} must be an integer from 1 to 1024. Received: {variable!r}",
                hint=f"{THREADS_VARIABLE}=2",
                field=THREADS_VARIABLE,
                value=variable,
            )
        return int(variable)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_engine(engine: str | None) -> None:
    """Use the engine of this name wherever `auto` is chosen; None restores the default."""
    _session.engine = engine


def get_engine() -> str | None:
    """Return the name of the engine that was set, None for the default."""
    return _session.engine


def unique_name(prefix: str) -> str:
    """Return the next automatic name, counted as in Keras: `conv2d`, `conv2d_1`, `conv2d_2`."""
    count = _session.names[prefix]
    _session.names[prefix] += 1
    return prefix if count == 0 else f"{prefix}_{count}"


@contextmanager
def fresh_names() -> Iterator[None]:
    """Let automatic names count from the start inside this block."""
    names, _session.names = _session.names, Counter()
    try:
        yield
    finally:
        _session.names = names


@contextmanager
def isolated_session() -> Iterator[None]:
    """Undo the effect of this block on automatic names and on the sequence of seeds."""
    seeds_drawn = _session.seeds_drawn
    try:
        with fresh_names():
            yield
    finally:
        _session.seeds_drawn = seeds_drawn


def snake_case(name: str) -> str:
    """Return a class name as Keras turns it into a layer name.

    >>> [snake_case(n) for n in ("Conv2D", "MaxPooling2D", "GlobalAveragePooling2D", "ReLU")]
    ['conv2d', 'max_pooling2d', 'global_average_pooling2d', 're_lu']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def clear_session() -> None:
    """Reset automatic names, so that the next layers count from the start again."""
    _session.names.clear()
