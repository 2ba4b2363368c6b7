"""Activations: x -> y, and dy -> dx."""

from collections.abc import Callable

import numpy as np

from scallion.engine.reference.operation import Call, Gradients, Outcome
from scallion.errors import EngineError
from scallion.losses.crossentropy import sigmoid

Slope = Callable[[np.ndarray], np.ndarray]
Activated = tuple[np.ndarray, Slope]


def activate(name: str, x: np.ndarray) -> Activated:
    """The activation by its engine name, with the function that leads back."""
    if name not in _FUNCTIONS:
        raise EngineError(
            f"the reference engine has no activation {name!r}",
            hint=f"use one of {', '.join(sorted(_FUNCTIONS))}",
        )
    return _FUNCTIONS[name](x)


def _linear(x: np.ndarray) -> Activated:
    return x, lambda dy: dy


def _relu(x: np.ndarray) -> Activated:
    return np.maximum(x, 0), lambda dy: np.where(x > 0, dy, 0)


def _softmax(x: np.ndarray) -> Activated:
    return softmax_over(x, (-1,))


def _sigmoid(x: np.ndarray) -> Activated:
    y = sigmoid(x)
    return y, lambda dy: dy * y * (1 - y)


def _tanh(x: np.ndarray) -> Activated:
    y = np.tanh(x)
    return y, lambda dy: dy * (1 - y * y)


_FUNCTIONS: dict[str, Callable[[np.ndarray], Activated]] = {
    "linear": _linear,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "tanh": _tanh,
}


def softmax_over(x: np.ndarray, axes: tuple[int, ...]) -> Activated:
    """exp(x) over its sum along `axes`; large scores do not overflow."""
    grown = np.exp(x - x.max(axis=axes, keepdims=True))
    y = grown / grown.sum(axis=axes, keepdims=True)
    return y, lambda dy: y * (dy - (dy * y).sum(axis=axes, keepdims=True))


def elementwise(call: Call, x: np.ndarray) -> Outcome:
    """An activation as a layer of its own."""
    y, slope = activate(call.spec.activation, x)
    return Outcome(y, lambda dy: ([slope(dy)], {}))


def softening(call: Call, x: np.ndarray) -> Outcome:
    """Softmax over the axes that the layer names; the batch is axis 0."""
    axis: int | tuple[int, ...] = call.spec.axis
    y, slope = softmax_over(x, axis if isinstance(axis, tuple) else (axis,))
    return Outcome(y, lambda dy: ([slope(dy)], {}))


def rectifying(call: Call, x: np.ndarray) -> Outcome:
    """0 or a slope up to the threshold, then x, then the limit.

    At the threshold it counts as below, at the limit as above: there the slope of `x` is 0.
    """
    spec, kind = call.spec, x.dtype.type
    threshold, below = kind(spec.threshold), kind(spec.negative_slope)
    limit = kind(np.inf if spec.max_value is None else spec.max_value)
    low = x <= threshold
    y = np.where(low, below * (x - threshold), np.minimum(x, limit))

    def backward(dy: np.ndarray) -> Gradients:
        return [dy * np.where(low, below, (x < limit).astype(x.dtype))], {}

    return Outcome(y, backward)
