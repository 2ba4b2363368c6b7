"""Variables: the weights of layers, and the engines that hold their newest values."""

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np

from scallion import session, system_memory
from scallion.errors import ArgumentError, EngineError, ShapeError
from scallion.initializers import initial_values
from scallion.layers.base.spec import Shape, WeightSpec

# Two threads that read a weight for the first time get one array.
_initializing = Lock()


def initialization_bytes(size: int) -> int:
    """Return the bytes that drawing `size` initial values in float64 takes beside the array."""
    return 8 * size


class WeightOwner(Protocol):
    """An engine that trains on copies of its own, on another device for instance.

    Between two synchronisations it holds newer values than the arrays of the variables that it has
    claimed: see `claim`.
    """

    def pull(self, variable: "Variable") -> None:
        """Copy the newest values to `variable.array`; cheap where the array is up to date."""
        ...

    def push(self, variable: "Variable") -> None:
        """Copy the values of `variable.array`, which was assigned to or claimed, to the engine."""
        ...


class Variable:
    """One float32 array of a layer, filled by its initializer when it is first used.

    Its memory is never replaced, only written to, so an engine may keep its address. `owner` is the
    engine that may hold newer values than the array, or None: reading through `value` or `numpy`
    pulls them, and `assign` pushes what it wrote.
    """

    __slots__ = ("_array", "_seed", "layers", "name", "owner", "path", "spec", "trainable")

    def __init__(self, spec: WeightSpec, path: str, trainable: bool) -> None:
        self.spec = spec
        self.name = spec.name
        self.path = path
        self.trainable = trainable
        self._seed = session.next_seed()
        self.owner: WeightOwner | None = None
        self._array: np.ndarray | None = None
        # The layers by which arithmetic uses the weight, by their kind: each is called again.
        self.layers: dict[str, Any] = {}

    @property
    def shape(self) -> Shape:
        """The shape of the array."""
        return self.spec.shape

    @property
    def dtype(self) -> str:
        """The data type, as Keras names it."""
        return "float32"

    @property
    def value(self) -> np.ndarray:
        """The array itself, not a copy, with the newest values."""
        if self.owner is not None:
            self.owner.pull(self)
        return self.array

    @property
    def array(self) -> np.ndarray:
        """The array itself, even if its owner has newer values: for engines."""
        if self._array is None:
            with _initializing:
                if self._array is None:
                    self._array = self._create(
                        lambda: initial_values(self.spec.initializer, self.shape, self._seed),
                        initialization_bytes(self.spec.size),
                    )
        return self._array

    @property
    def is_initialized(self) -> bool:
        """True if the array exists; it is created on first use."""
        return self._array is not None

    def _create(self, values: Callable[[], np.ndarray], work_bytes: int) -> np.ndarray:
        """Return a new array of values whose computation takes `work_bytes`. Raises EngineError."""
        count, what = 4 * self.spec.size, f"the array {self.path!r} of {self.shape} takes"
        hint = "fewer units or filters, or pooling before it"
        system_memory.require_bytes(count + work_bytes, what, hint)
        try:
            return np.array(values(), dtype=np.float32, order="C")
        except MemoryError:
            raise EngineError(
                f"{what} {system_memory.format_bytes(count)}, which is not free", hint=hint
            ) from None

    def numpy(self) -> np.ndarray:
        """Return a copy of the array, with the newest values."""
        return self.value.copy()

    def assign(self, value: Any) -> None:
        """Overwrite the array in place. Raises ShapeError for another shape."""
        array = np.asarray(value)
        if array.shape != self.shape:
            raise ShapeError(
                f"weight {self.path!r} has the shape {self.shape}. Received: {array.shape}",
                hint="give an array of the weight's own shape",
                field=self.name,
            )
        with _initializing:
            is_new = self._array is None
            if is_new:  # initial values are not drawn for nothing
                self._array = self._create(lambda: array, 0)
        if not is_new:
            self.array[...] = array
        if self.owner is not None:
            self.owner.push(self)

    def penalty(self) -> np.ndarray:
        """Return the regularization penalty, which the loss includes; 0 without a regularizer."""
        regularizer = self.spec.regularizer
        return np.zeros((), np.float32) if regularizer is None else regularizer(self.value)

    def constrain(self) -> None:
        """Apply the constraint to the array, after an update."""
        if self.spec.constraint is not None:
            self.assign(self.spec.constraint(self.value))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype=float32>"


def claim(variables: Iterable[Variable], owner: WeightOwner | None) -> None:
    """Record that `owner` may hold newer values of the variables than their arrays do.

    The values of a previous owner are pulled first, and pushed to the new one. An engine that works
    on the arrays in place claims them for None.
    """
    for variable in variables:
        if variable.owner is not owner:
            if variable.owner is not None:
                variable.owner.pull(variable)
            variable.owner = owner
            if owner is not None:
                owner.push(variable)


def synchronize(variables: Iterable[Variable]) -> None:
    """Pull the newest values of all variables that an engine owns, to their arrays."""
    for variable in variables:
        if variable.owner is not None:
            variable.owner.pull(variable)


def assign_values(variables: Sequence[Variable], values: Sequence[Any], whose: str) -> None:
    """Overwrite variables in order, after checking that all arrays fit.

    `whose` names the layer or model in messages. Raises ArgumentError for another number of arrays,
    ShapeError for another shape.
    """
    if len(variables) != len(values):
        raise ArgumentError(
            f"{whose} has {len(variables)} weights. Received: {len(values)} arrays",
            hint="give the list that `get_weights()` returned",
            field="weights",
        )
    for variable, value in zip(variables, values, strict=True):
        if np.shape(value) != variable.shape:
            raise ShapeError(
                f"{whose}: weight {variable.path!r} has the shape {variable.shape}. "
                f"Received: {np.shape(value)}",
                hint="give the arrays in the order of `weights`",
                field="weights",
            )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def describe_non_finite(weights: Sequence[Variable]) -> str | None:
    """Return how many weights are NaN or infinite and where the first are; None if all are finite.

    >>> from scallion.initializers import Ones
    >>> kernel = Variable(WeightSpec("kernel", (2, 3), Ones()), "dense/kernel", True)
    >>> kernel.assign([[1, 2, np.nan], [3, np.inf, 4]])
    >>> describe_non_finite([kernel])
    "2 of 6 weights are NaN or infinite, the first in 'dense/kernel'"
    """
    counts = [(weight, int((~np.isfinite(weight.value)).sum())) for weight in weights]
    wrong = [(weight, count) for weight, count in counts if count]
    if not wrong:
        return None
    total = sum(weight.spec.size for weight in weights)
    return (
        f"{sum(count for _, count in wrong):,} of {total:,} weights are NaN or infinite, "
        f"the first in {wrong[0][0].path!r}"
    )
