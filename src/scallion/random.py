"""The functions of `keras.random`: random arrays, from the session's seed unless one is given."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scallion import session
from scallion.eager_array import EagerArray, eager
from scallion.errors import refuse_unknown_names


class SeedGenerator:
    """A sequence of seeds: each `next` is another one, the same after each start."""

    def __init__(self, seed: int | None = None, name: str | None = None, **_options: Any) -> None:
        self.name = name or session.unique_name("seed_generator")
        self.seed = session.next_seed() if seed is None else session.checked_seed(seed)
        self._drawn = 0

    def next(self) -> int:
        """Return the next seed."""
        self._drawn += 1
        return session.derive_seed(self.seed, self._drawn)


def uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: Any = None,
    seed: Any = None,
) -> EagerArray:  # fmt: skip
    """Return random numbers from `minval` up to `maxval`, without it."""
    values = _generator(seed).uniform(minval, maxval, shape)
    return eager(values.astype(dtype or "float32"))


def normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None,
    seed: Any = None,
) -> EagerArray:  # fmt: skip
    """Return random numbers of a normal distribution."""
    return eager(_generator(seed).normal(mean, stddev, shape).astype(dtype or "float32"))


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None,
    seed: Any = None,
) -> EagerArray:  # fmt: skip
    """Return normal numbers of at most two standard deviations from the mean."""
    generator = _generator(seed)
    values = generator.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values = np.where(far, generator.standard_normal(shape), values)
    return eager((mean + stddev * values).astype(dtype or "float32"))


def randint(
    shape: Sequence[int], minval: int, maxval: int, dtype: Any = "int32", seed: Any = None
) -> EagerArray:
    """Return random integers from `minval` up to `maxval`, without it."""
    return eager(_generator(seed).integers(minval, maxval, shape).astype(dtype))


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> EagerArray:
    """Return the parts of an array along an axis in random order."""
    return eager(_generator(seed).permutation(np.asarray(x), axis))


def categorical(
    logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None
) -> EagerArray:
    """Return class indices (n, num_samples), drawn by the logits (n, classes) of each row."""
    rows = np.asarray(logits, np.float64)
    gumbel = _generator(seed).gumbel(size=(len(rows), num_samples, rows.shape[-1]))
    return eager(np.argmax(rows[:, None] + gumbel, -1).astype(dtype))


def _generator(seed: Any) -> np.random.Generator:
    if isinstance(seed, SeedGenerator):
        return np.random.default_rng(seed.next())
    chosen = session.next_seed() if seed is None else session.checked_seed(seed)
    return np.random.default_rng(chosen)


__all__ = [
    "SeedGenerator",
    "categorical",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

__getattr__ = refuse_unknown_names("scallion.random", __all__)
