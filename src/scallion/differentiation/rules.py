"""The rules of differentiation: for each function of NumPy its value and its backward functions.

A rule takes the function's arguments, of which at least one is a recorded array, and returns a
recorded array. Where a function has a kink, the gradient is the one of Keras on PyTorch.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from scallion.differentiation.recorded_array import (
    RULES,
    WITHOUT_GRADIENT,
    RecordedArray,
    is_recorded,
    plain,
)

_Partial = Callable[..., Any]
"""A partial derivative times dy, of (dy, y, *operands)."""


def _sum_to(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum over the axes along which an operand of this shape was broadcast."""
    extra = gradient.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        extra + axis for axis, side in enumerate(shape) if side == 1 != gradient.shape[extra + axis]
    )
    return gradient.sum(axis=axes, keepdims=True).reshape(shape) if axes else gradient


def elementwise(function: Callable[..., Any], *partials: _Partial | None) -> Callable[..., Any]:
    """Return the rule of a function that broadcasts its operands.

    Constants take the type of the recorded operands, as in Keras, so float32 stays float32.
    """

    def rule(*operands: Any, **options: Any) -> RecordedArray:
        options.pop("dtype", None)
        kind = next(one.dtype for one in operands if is_recorded(one))
        values = [
            one.value if is_recorded(one) else np.asarray(one).astype(kind, copy=False)
            for one in operands
        ]
        y = function(*values, **options)

        def backward_of(partial: _Partial, shape: tuple[int, ...]) -> Callable[..., np.ndarray]:
            return lambda dy: _sum_to(np.asarray(partial(dy, y, *values), kind), shape)

        return RecordedArray(
            y,
            [
                (one, backward_of(partial, one.shape))
                for one, partial in zip(operands, partials, strict=True)
                if is_recorded(one) and partial is not None
            ],
        )

    return rule


def _unary(function: Callable[..., Any], partial: _Partial) -> Callable[..., Any]:
    return elementwise(function, partial)


def _larger_or_half(dy: Any, a: Any, b: Any) -> Any:
    return dy * np.where(a > b, 1.0, np.where(a == b, 0.5, 0.0))


def _power_by_exponent(dy: Any, y: Any, x: Any, _exponent: Any) -> Any:
    return dy * y * np.log(np.where(x > 0, x, 1))


def _power_by_base(dy: Any, _y: Any, x: Any, exponent: Any) -> Any:
    return dy * np.where(exponent == 0, 0, exponent * np.power(x, exponent - 1))


def _clip(x: Any, low: Any = None, high: Any = None, **options: Any) -> Any:
    low, high = (
        options.get("a_min", options.get("min", low)),
        options.get("a_max", options.get("max", high)),
    )
    low = -np.inf if low is None else low
    high = np.inf if high is None else high
    rule = elementwise(
        np.clip,
        lambda dy, _y, x, low, high: dy * ((x >= low) & (x <= high)),
        lambda dy, _y, x, low, _high: dy * (x < low),
        lambda dy, _y, x, _low, high: dy * (x > high),
    )
    return rule(x, low, high)


def _where(condition: Any, a: Any, b: Any) -> Any:
    chosen = np.asarray(plain(condition), bool)
    return elementwise(
        lambda a, b: np.where(chosen, a, b),
        lambda dy, _y, _a, _b: np.where(chosen, dy, 0),
        lambda dy, _y, _a, _b: np.where(chosen, 0, dy),
    )(a, b)


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    several = cast("tuple[int, ...]", axis if isinstance(axis, tuple | list) else (axis,))
    return tuple(int(one) % ndim for one in several)


def _reduction(
    function: Callable[..., Any], partial: Callable[..., Any]
) -> Callable[..., RecordedArray]:
    """Return the rule of a reduction; `partial(x, y, count)` scales the gradient of each x."""

    def rule(a: RecordedArray, axis: Any = None, **options: Any) -> RecordedArray:
        axes = _axes(axis, a.ndim)
        x = a.value
        kept = function(x, axis=axes, keepdims=True)
        count = x.size // max(kept.size, 1)

        def backward(dy: np.ndarray) -> np.ndarray:
            dx = dy.reshape(kept.shape) * partial(x, kept, count, axes)
            return np.broadcast_to(dx.astype(x.dtype, copy=False), x.shape)

        keepdims = options.get("keepdims", False) is True
        return RecordedArray(kept if keepdims else kept.squeeze(axes), [(a, backward)])

    return rule


def _share_of_extreme(x: np.ndarray, y: np.ndarray, _count: int, axes: tuple[int, ...]) -> Any:
    """Return 1 at the extreme value, divided where several are equal."""
    equal = x == y
    return equal / equal.sum(axis=axes, keepdims=True)


def _variance(a: Any, axis: Any = None, keepdims: bool = False, **_options: Any) -> Any:
    centered = a - np.mean(a, axis=axis, keepdims=True)
    return np.mean(np.square(centered), axis=axis, keepdims=keepdims)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


def _moved(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return the rule of a function that only moves elements; the gradient goes the same way."""

    def rule(a: RecordedArray, *arguments: Any, **options: Any) -> RecordedArray:
        places = np.arange(a.size).reshape(a.shape)
        moved = forward(places, *plain(arguments), **plain(options))

        def backward(dy: np.ndarray) -> np.ndarray:
            dx = np.zeros(a.size, a.dtype)
            np.add.at(dx, moved.ravel(), dy.ravel())
            return dx.reshape(a.shape)

        return RecordedArray(a.value.reshape(-1)[moved], [(a, backward)])

    return rule


def _joined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the rule of `concatenate` or `stack`."""

    def rule(arrays: Any, axis: int = 0, **_options: Any) -> RecordedArray:
        parts = list(arrays)
        values = [np.asarray(plain(one)) for one in parts]
        offsets = np.cumsum([0, *(value.size for value in values)])
        places = function(
            [
                np.arange(start, start + value.size).reshape(value.shape)
                for start, value in zip(offsets, values, strict=False)
            ],
            axis,
        )

        def backward_of(number: int) -> Callable[[np.ndarray], np.ndarray]:
            def backward(dy: np.ndarray) -> np.ndarray:
                all_of_them = np.zeros(offsets[-1], dy.dtype)
                all_of_them[places.ravel()] = dy.ravel()
                own = all_of_them[offsets[number] : offsets[number + 1]]
                return own.reshape(values[number].shape)

            return backward

        recorded = [(p, backward_of(n)) for n, p in enumerate(parts) if is_recorded(p)]
        kind = recorded[0][0].dtype
        return RecordedArray(function([v.astype(kind) for v in values], axis), recorded)

    return rule


def _split(a: RecordedArray, indices_or_sections: Any, axis: int = 0) -> list[RecordedArray]:
    places = np.split(np.arange(a.shape[axis]), indices_or_sections)
    before = (slice(None),) * (axis % a.ndim)
    return [a[(*before, place)] for place in places]


def _matmul(a: Any, b: Any) -> RecordedArray:
    x, w = np.asarray(plain(a)), np.asarray(plain(b))
    operands: list[tuple[RecordedArray, Callable[[np.ndarray], np.ndarray]]] = []
    if is_recorded(a):
        operands.append((a, lambda dy: _sum_to(dy @ np.swapaxes(w, -1, -2), x.shape)))
    if is_recorded(b):
        operands.append((b, lambda dy: _sum_to(np.swapaxes(x, -1, -2) @ dy, w.shape)))
    kind = operands[0][0].dtype
    x, w = x.astype(kind, copy=False), w.astype(kind, copy=False)
    return RecordedArray(x @ w, operands)


_RULES: dict[Any, Callable[..., Any]] = {
    np.absolute: _unary(np.absolute, lambda dy, _y, x: dy * np.sign(x)),
    np.add: elementwise(np.add, lambda dy, *_: dy, lambda dy, *_: dy),
    np.arctan: _unary(np.arctan, lambda dy, _y, x: dy / (1 + x * x)),
    np.broadcast_to: _moved(np.broadcast_to),
    np.clip: _clip,
    np.concatenate: _joined(np.concatenate),
    np.cos: _unary(np.cos, lambda dy, _y, x: -dy * np.sin(x)),
    np.cosh: _unary(np.cosh, lambda dy, _y, x: dy * np.sinh(x)),
    np.divide: elementwise(
        np.divide, lambda dy, _y, _a, b: dy / b, lambda dy, y, _a, b: -dy * y / b
    ),
    np.exp: _unary(np.exp, lambda dy, y, _x: dy * y),
    np.expand_dims: _moved(np.expand_dims),
    np.expm1: _unary(np.expm1, lambda dy, y, _x: dy * (y + 1)),
    np.flip: _moved(np.flip),
    np.linalg.norm: _norm,
    np.log: _unary(np.log, lambda dy, _y, x: dy / x),
    np.log10: _unary(np.log10, lambda dy, _y, x: dy / (x * np.log(10))),
    np.log1p: _unary(np.log1p, lambda dy, _y, x: dy / (1 + x)),
    np.log2: _unary(np.log2, lambda dy, _y, x: dy / (x * np.log(2))),
    np.logaddexp: elementwise(
        np.logaddexp,
        lambda dy, y, a, _b: dy * np.exp(a - y),
        lambda dy, y, _a, b: dy * np.exp(b - y),
    ),
    np.matmul: _matmul,
    np.dot: _matmul,
    np.max: _reduction(np.max, _share_of_extreme),
    np.maximum: elementwise(
        np.maximum,
        lambda dy, _y, a, b: _larger_or_half(dy, a, b),
        lambda dy, _y, a, b: _larger_or_half(dy, b, a),
    ),
    np.mean: _reduction(np.mean, lambda _x, _y, count, _axes: 1 / count),
    np.min: _reduction(np.min, _share_of_extreme),
    np.minimum: elementwise(
        np.minimum,
        lambda dy, _y, a, b: _larger_or_half(dy, b, a),
        lambda dy, _y, a, b: _larger_or_half(dy, a, b),
    ),
    np.moveaxis: _moved(np.moveaxis),
    np.multiply: elementwise(
        np.multiply, lambda dy, _y, _a, b: dy * b, lambda dy, _y, a, _b: dy * a
    ),
    np.negative: _unary(np.negative, lambda dy, *_: -dy),
    np.positive: _unary(np.positive, lambda dy, *_: dy),
    np.power: elementwise(np.power, _power_by_base, _power_by_exponent),
    np.ravel: _moved(np.ravel),
    np.reciprocal: _unary(np.reciprocal, lambda dy, y, _x: -dy * y * y),
    np.repeat: _moved(np.repeat),
    np.reshape: _moved(np.reshape),
    np.roll: _moved(np.roll),
    np.sin: _unary(np.sin, lambda dy, _y, x: dy * np.cos(x)),
    np.sinh: _unary(np.sinh, lambda dy, _y, x: dy * np.cosh(x)),
    np.split: _split,
    np.sqrt: _unary(np.sqrt, lambda dy, y, _x: dy / (2 * y)),
    np.square: _unary(np.square, lambda dy, _y, x: 2 * dy * x),
    np.squeeze: _moved(np.squeeze),
    np.stack: _joined(np.stack),
    np.std: lambda a, *arguments, **options: np.sqrt(_variance(a, *arguments, **options)),
    np.subtract: elementwise(np.subtract, lambda dy, *_: dy, lambda dy, *_: -dy),
    np.sum: _reduction(np.sum, lambda _x, _y, _count, _axes: 1),
    np.swapaxes: _moved(np.swapaxes),
    np.take: _moved(np.take),
    np.take_along_axis: _moved(np.take_along_axis),
    np.tan: _unary(np.tan, lambda dy, y, _x: dy * (1 + y * y)),
    np.tanh: _unary(np.tanh, lambda dy, y, _x: dy * (1 - y * y)),
    np.tile: _moved(np.tile),
    np.transpose: _moved(np.transpose),
    np.var: _variance,
    np.where: _where,
}
RULES.update(_RULES)

WITHOUT_GRADIENT.update(
    (
        np.all, np.any, np.argmax, np.argmin, np.argsort, np.ceil, np.count_nonzero, np.equal,
        np.floor, np.full_like, np.greater, np.greater_equal, np.isclose, np.isfinite, np.isinf,
        np.isnan, np.less, np.less_equal, np.logical_and, np.logical_not, np.logical_or,
        np.logical_xor, np.ndim, np.not_equal, np.ones_like, np.rint, np.round, np.shape, np.sign,
        np.size, np.trunc, np.zeros_like, np.result_type, np.floor_divide, np.allclose,
    )
)  # fmt: skip


def sigmoid(x: RecordedArray) -> RecordedArray:
    """Return 1 / (1 + exp(-x)), without overflow."""
    decay = np.exp(-np.abs(x.value))
    y = np.where(x.value < 0, decay, 1).astype(x.dtype) / (1 + decay)
    return RecordedArray(y, [(x, lambda dy: dy * y * (1 - y))])


def softplus(x: RecordedArray) -> RecordedArray:
    """Return log(1 + exp(x)), without overflow."""
    y = np.maximum(x.value, 0) + np.log1p(np.exp(-np.abs(x.value)))
    return RecordedArray(y, [(x, lambda dy: dy * (1 - np.exp(-y)))])


ACTIVATIONS: dict[str, Callable[[RecordedArray], RecordedArray]] = {
    "sigmoid": sigmoid,
    "softplus": softplus,
}
"""Activation functions whose formulas, written against overflow, have no gradient at 0."""
