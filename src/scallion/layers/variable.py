"""Variables: the arrays that a layer learns or keeps."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from scallion import session, system_memory
from scallion.errors import ArgumentError, EngineError, ShapeError
from scallion.initializers import drawn
from scallion.layers.spec import Shape, WeightSpec

# Two threads that look at a weight for the first time see one array.
_filling = Lock()


def drawing_takes(size: int) -> int:
    """Bytes that an array of so many numbers takes beside itself while it is drawn, in float64."""
    return 8 * size


class Variable:
    """One float32 array of a layer. Its memory stays where it is for life: it is assigned to,
    never replaced, so the engine may hold its address. It is filled when first looked at."""

    __slots__ = ("_seed", "_value", "name", "path", "spec", "trainable")

    def __init__(self, spec: WeightSpec, path: str, trainable: bool) -> None:
        self.spec = spec
        self.name = spec.name
        self.path = path
        self.trainable = trainable
        self._seed = session.next_seed()
        self._value: np.ndarray | None = None

    @property
    def shape(self) -> Shape:
        return self.spec.shape

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def value(self) -> np.ndarray:
        """The array itself, not a copy."""
        if self._value is None:
            with _filling:
                if self._value is None:
                    self._value = self._drawn()
        return self._value

    @property
    def is_filled(self) -> bool:
        """Whether the array is there: it is made when it is first looked at."""
        return self._value is not None

    def _drawn(self) -> np.ndarray:
        count, what = 4 * self.spec.size, f"the array {self.path!r} of {self.shape} takes"
        hint = "fewer units or filters, or pooling before it"
        system_memory.require_bytes(count + drawing_takes(self.spec.size), what, hint)
        try:
            start = drawn(self.spec.initializer, self.shape, self._seed)
            return np.array(start, dtype=np.float32, order="C")
        except MemoryError:
            raise EngineError(
                f"{what} {system_memory.format_bytes(count)}, which is not free", hint=hint
            ) from None

    def numpy(self) -> np.ndarray:
        """A copy of the array."""
        return self.value.copy()

    def assign(self, value: Any) -> None:
        """Overwrite the array in place. Raises ShapeError where the shape is another."""
        array = np.asarray(value)
        if array.shape != self.shape:
            raise ShapeError(
                f"weight {self.path!r} has the shape {self.shape}. Received: {array.shape}",
                hint="give an array of the weight's own shape",
            )
        self.value[...] = array

    def penalty(self) -> np.ndarray:
        """What the regularizer adds to the loss; 0 without one."""
        regularizer = self.spec.regularizer
        return np.zeros((), np.float32) if regularizer is None else regularizer(self.value)

    def constrain(self) -> None:
        """Bring the array back to what its constraint allows, after an update."""
        if self.spec.constraint is not None:
            self.value[...] = self.spec.constraint(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype=float32>"


def assign_all(variables: Sequence[Variable], values: Sequence[Any], whose: str) -> None:
    """Overwrite variables in order, after checking that all of them fit."""
    if len(variables) != len(values):
        raise ArgumentError(
            f"{whose} has {len(variables)} weights. Received: {len(values)} arrays",
            hint="give the list that `get_weights()` returned",
        )
    for variable, value in zip(variables, values, strict=True):
        if np.shape(value) != variable.shape:
            raise ShapeError(
                f"{whose}: weight {variable.path!r} has the shape {variable.shape}. "
                f"Received: {np.shape(value)}",
                hint="give the arrays in the order of `weights`",
            )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
