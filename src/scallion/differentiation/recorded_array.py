"""An array that records what it is computed from, so that gradients can be derived.

NumPy's functions and operators apply to it through NumPy's own protocols. Each result keeps its
value, the recorded arrays that it depends on, and for each of them a function from the gradient
of the result to a gradient of that array. `gradient_of` follows these back to the start. The rule
of each function is in `rules`; a function without a rule is refused by name.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, NoReturn, TypeGuard, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from scallion.errors import UnsupportedError

Backward = Callable[[np.ndarray], np.ndarray]
"""From the gradient of a result to the gradient of an operand."""

_numbers = count()

RULES: dict[Any, Callable[..., Any]] = {}
"""The rule of each function of NumPy that has one; the module `rules` fills it."""

WITHOUT_GRADIENT: set[Any] = set()
"""Functions whose results are constants: their gradient is 0 wherever they have one."""


class RecordedArray(NDArrayOperatorsMixin):
    """A value, and how it was computed from other recorded arrays."""

    def __init__(
        self, value: Any, operands: Sequence[tuple["RecordedArray", Backward]] = ()
    ) -> None:
        self.value = np.asarray(value)
        self.operands = tuple(operands)
        self.number = next(_numbers)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.value.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, float32 in training."""
        return self.value.dtype

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """The array with its axes reversed."""
        return np.transpose(cast("Any", self))

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return f"RecordedArray({self.value!r})"

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise _refusal("the conversion to a NumPy array")

    def numpy(self) -> NoReturn:
        """Raise UnsupportedError: a gradient ends where a plain array begins."""
        raise _refusal("numpy()")

    def __float__(self) -> NoReturn:
        raise _refusal("float()")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options.get("out") is not None:
            raise _refusal(f"numpy.{ufunc.__name__}.{method}")
        return apply(ufunc, inputs, options)

    def __array_function__(
        self, function: Any, types: Any, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        return apply(function, arguments, options)

    def __getitem__(self, key: Any) -> "RecordedArray":
        """Return a part of the array; the gradient of the rest is 0."""
        place = plain(key)

        def backward(dy: np.ndarray) -> np.ndarray:
            dx = np.zeros_like(self.value)
            np.add.at(dx, place, dy)
            return dx

        return RecordedArray(self.value[place], [(self, backward)])

    def reshape(self, *shape: Any) -> Any:
        """Return the array in another shape."""
        one = shape[0] if len(shape) == 1 else shape
        return np.reshape(cast("Any", self), one)

    def astype(self, dtype: Any) -> Any:
        """Return itself for a floating-point type, else a plain array without gradient."""
        kind = np.dtype(dtype)
        return self if kind.kind == "f" else self.value.astype(kind)

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Return the sum over axes."""
        return np.sum(cast("Any", self), axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Return the mean over axes."""
        return np.mean(cast("Any", self), axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Return the largest value over axes."""
        return np.max(cast("Any", self), axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Return the smallest value over axes."""
        return np.min(cast("Any", self), axis=axis, keepdims=keepdims)


def is_recorded(value: Any) -> TypeGuard[RecordedArray]:
    """Return whether a value is a recorded array."""
    return isinstance(value, RecordedArray)


def plain(value: Any) -> Any:
    """Return a value with plain arrays in place of recorded ones, also inside of it."""
    if is_recorded(value):
        return value.value
    if isinstance(value, list | tuple):
        parts = [plain(one) for one in cast("list[Any]", value)]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in cast("Mapping[Any, Any]", value).items()}
    return value


def apply(function: Any, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    """Compute a NumPy function of recorded arrays, and record it.

    Raises UnsupportedError for a function without a rule.
    """
    if function in WITHOUT_GRADIENT:
        return function(*plain(tuple(arguments)), **plain(options))
    rule = RULES.get(function)
    if rule is None:
        raise _refusal(f"numpy.{getattr(function, '__name__', function)}")
    return rule(*arguments, **options)


def gradient_of(result: RecordedArray, start: RecordedArray) -> np.ndarray | None:
    """Return the gradient of the sum of a result at `start`; None if it does not depend on it."""
    gradients: dict[int, np.ndarray] = {result.number: np.ones_like(result.value)}
    for array in _in_reverse_order(result):
        dy = gradients[array.number] if array is start else gradients.pop(array.number)
        for operand, backward in array.operands:
            dx = backward(dy)
            known = gradients.get(operand.number)
            gradients[operand.number] = dx if known is None else known + dx
    return gradients.get(start.number)


def _in_reverse_order(result: RecordedArray) -> list[RecordedArray]:
    """Return all that a result was computed from, the last computed first."""
    found = {result.number: result}
    pending = [result]
    while pending:
        for operand, _ in pending.pop().operands:
            if operand.number not in found:
                found[operand.number] = operand
                pending.append(operand)
    return [found[number] for number in sorted(found, reverse=True)]


def _refusal(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"no gradient is derived through {what}",
        hint="compute the loss of y_pred with arithmetic and scallion.ops",
    )
