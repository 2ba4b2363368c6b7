"""The base class of initializers: frozen specifications that draw a weight array."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from inspect import signature
from typing import Any

import numpy as np

from scallion import session
from scallion.errors import ShapeError, UnsupportedError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Initializer:
    """The base of all initializers."""

    def __call__(self, shape: Shape, dtype: Any = None, *, seed: int | None = None) -> np.ndarray:
        """Return a float32 array of this shape.

        Random values use the initializer's own seed, else `seed`, else the session's next one.
        Raises UnsupportedError for another `dtype`.
        """
        if dtype is not None and np.dtype(dtype) != np.float32:
            raise UnsupportedError(
                f"weights are float32. Received: dtype={dtype!r}",
                hint="leave out dtype",
                field="dtype",
                value=dtype,
            )
        own = getattr(self, "seed", None)
        chosen = own if own is not None else session.next_seed() if seed is None else seed
        random = np.random.Generator(np.random.Philox(key=chosen % 2**64))
        drawn = self.draw(tuple(int(side) for side in shape), random)
        return np.ascontiguousarray(drawn, np.float32).reshape(shape)

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        """Return the values in any float type. Raises ArgumentError for an unsuitable shape."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal initializer, named as in Keras."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Initializer":
        """Create an initializer from a config of `get_config`."""
        return cls(**config)


@dataclass(frozen=True)
class FunctionInitializer(Initializer):
    """A function of shape and dtype as an initializer: `lambda shape, dtype=None: ...`."""

    function: Callable[..., Any]

    def __call__(self, shape: Shape, dtype: Any = None, *, seed: int | None = None) -> np.ndarray:
        """Return what the function returns; a function without `dtype` gets the shape alone."""
        takes_dtype = "dtype" in signature(self.function).parameters
        options = {"dtype": dtype or "float32"} if takes_dtype else {}
        return np.asarray(self.function(shape, **options), np.float32)


def initial_values(initializer: Initializer, shape: Shape, seed: int) -> np.ndarray:
    """Return the initial float32 values of a weight, from ours or a user's own initializer.

    Raises ShapeError if the user's initializer returns another shape.
    """
    if type(initializer).__call__ is Initializer.__call__:
        return initializer(shape, seed=seed)
    array = np.asarray(initializer(shape, dtype="float32"), np.float32)
    if array.shape != shape:
        raise ShapeError(
            f"{_name(initializer)} must return values of {shape}. Received: {array.shape}",
            hint="return an array of the shape that __call__ receives",
            field="initializer",
            value=initializer,
        )
    return array


def _name(initializer: Initializer) -> str:
    function = getattr(initializer, "function", None)
    return getattr(function, "__name__", type(initializer).__name__)
