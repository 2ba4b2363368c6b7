"""How weights start: frozen specifications that draw an array from a shape and a seed.

The distributions are those of Keras 3; the single numbers are not (its generator is another).
"""

from dataclasses import dataclass, fields
from math import prod, sqrt
from typing import Any

import numpy as np

from scallion.errors import UnknownNameError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Initializer:
    """The base: called with a shape and a seed, returns a float32 array."""

    def __call__(self, shape: Shape, *, seed: int = 0) -> np.ndarray:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer, as Keras names them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: Shape, *, seed: int = 0) -> np.ndarray:
        return np.zeros(shape, np.float32)


@dataclass(frozen=True)
class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Shape, *, seed: int = 0) -> np.ndarray:
        return np.ones(shape, np.float32)


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """Uniform within sqrt(6 / (fan_in + fan_out)): Glorot, Bengio 2010, Keras' default."""

    seed: int | None = None

    def __call__(self, shape: Shape, *, seed: int = 0) -> np.ndarray:
        fan_in, fan_out = fans(shape)
        limit = sqrt(6 / (fan_in + fan_out))
        return generator(self.seed, seed).uniform(-limit, limit, shape).astype(np.float32)


def fans(shape: Shape) -> tuple[float, float]:
    """Inputs and outputs that one weight array joins, as Keras counts them.

    >>> fans((3, 3, 16, 32)), fans((512, 10))
    ((144, 288), (512, 10))
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    field_size = prod(shape[:-2])
    return field_size * shape[-2], field_size * shape[-1]


def generator(own: int | None, drawn: int) -> np.random.Generator:
    """NumPy's counter-based generator, on the initializer's own seed or on the session's."""
    return np.random.Generator(np.random.Philox(key=drawn if own is None else own))


_TABLE: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "glorot_uniform": GlorotUniform,
}


def get(identifier: "str | Initializer") -> Initializer:
    """An initializer from itself or from its name."""
    if isinstance(identifier, Initializer):
        return identifier
    if isinstance(identifier, str) and identifier in _TABLE:
        return _TABLE[identifier]()
    raise UnknownNameError("initializer", identifier, _TABLE)
