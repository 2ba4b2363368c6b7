"""Activations: x -> y by the formulas of `scallion.activations`, and dy -> dx."""

import math
from collections.abc import Callable

import numpy as np

from scallion import activations as formulas
from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall, precise_sum
from scallion.errors import EngineError

Backward = Callable[[np.ndarray], np.ndarray]
Activated = tuple[np.ndarray, Backward]


def activate(name: str, x: np.ndarray) -> Activated:
    """Return an activation's output and its backward function, dy -> dx.

    Raises EngineError for an unknown name.
    """
    if name not in formulas.FORMULAS:
        raise EngineError(
            f"the reference engine has no activation {name!r}",
            hint=f"use one of {', '.join(sorted(formulas.FORMULAS))}",
        )
    if name == "softmax":
        return softmax_over(x, (-1,))
    y = formulas.FORMULAS[name](x).astype(x.dtype, copy=False)
    if name == "log_softmax":
        return y, lambda dy: dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)
    return y, lambda dy: (dy * _DERIVATIVES[name](x, y)).astype(x.dtype, copy=False)


def _gelu_derivative(x: np.ndarray, _y: np.ndarray) -> np.ndarray:
    return formulas.normal_cdf(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _silu_derivative(x: np.ndarray, _y: np.ndarray) -> np.ndarray:
    s = formulas.sigmoid(x)
    return s * (1 + x * (1 - s))


def _mish_derivative(x: np.ndarray, _y: np.ndarray) -> np.ndarray:
    t = np.tanh(formulas.softplus(x))
    return t + x * (1 - t * t) * formulas.sigmoid(x)


def _elu_derivative(x: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


# dy/dx, from x and y.
_DERIVATIVES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "elu": lambda x, y: _elu_derivative(x, 1.0),  # noqa: ARG005
    "exponential": lambda x, y: y,  # noqa: ARG005
    "gelu": _gelu_derivative,
    "hard_sigmoid": lambda x, y: (np.abs(x) < 3) / 6,  # noqa: ARG005
    "hard_silu": lambda x, y: np.clip(x + 3, 0, 6) / 6 + np.where(np.abs(x) < 3, x / 6, 0),  # noqa: ARG005
    "leaky_relu": lambda x, y: np.where(x > 0, 1, formulas.LEAKY_RELU_SLOPE),  # noqa: ARG005
    "linear": lambda x, y: np.ones_like(x),  # noqa: ARG005
    "mish": _mish_derivative,
    "relu": lambda x, y: x > 0,  # noqa: ARG005
    "relu6": lambda x, y: (x > 0) & (x < 6),  # noqa: ARG005
    "selu": lambda x, y: formulas.SELU_SCALE * _elu_derivative(x, formulas.SELU_ALPHA),  # noqa: ARG005
    "sigmoid": lambda x, y: y * (1 - y),  # noqa: ARG005
    "silu": _silu_derivative,
    "softplus": lambda x, y: formulas.sigmoid(x),  # noqa: ARG005
    "softsign": lambda x, y: (1 - np.abs(y)) ** 2,  # noqa: ARG005
    "tanh": lambda x, y: 1 - y * y,  # noqa: ARG005
}


def softmax_over(x: np.ndarray, axes: tuple[int, ...]) -> Activated:
    """Return softmax along some axes, computed without overflow, and its backward function."""
    y = formulas.FORMULAS["softmax"](x, axes)
    return y, lambda dy: y * (dy - (dy * y).sum(axis=axes, keepdims=True))


def activation(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute an activation by name."""
    y, backward = activate(call.spec.activation, x)
    return ForwardResult(y, lambda dy: ([backward(dy)], {}))


def softmax(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute softmax over the layer's axes; the batch is axis 0."""
    axis: int | tuple[int, ...] = call.spec.axis
    y, backward = softmax_over(x, axis if isinstance(axis, tuple) else (axis,))
    return ForwardResult(y, lambda dy: ([backward(dy)], {}))


def relu(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute negative_slope * (x - threshold) up to the threshold, else min(x, max_value).

    At the threshold the derivative is that below it, at `max_value` it is 0.
    """
    spec, kind = call.spec, x.dtype.type
    below = kind(spec.negative_slope)
    limit = kind(np.inf if spec.max_value is None else spec.max_value)
    low = x <= kind(spec.threshold)
    y = formulas.relu(x, spec.negative_slope, spec.max_value, spec.threshold)

    def backward(dy: np.ndarray) -> Gradients:
        return [dy * np.where(low, below, (x < limit).astype(x.dtype))], {}

    return ForwardResult(y, backward)


def leaky_relu(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute x, or negative_slope * x for x <= 0."""
    negative_slope: float = call.spec.negative_slope
    derivative = np.where(x > 0, 1, negative_slope).astype(x.dtype)
    return ForwardResult(x * derivative, lambda dy: ([dy * derivative], {}))


def elu(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute x, or alpha * (exp(x) - 1) for x <= 0."""
    alpha = call.spec.alpha
    y = formulas.FORMULAS["elu"](x, alpha)
    return ForwardResult(y, lambda dy: ([dy * _elu_derivative(x, alpha).astype(x.dtype)], {}))


def gelu_tanh(_call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute gelu's approximation by tanh: x * (1 + tanh(u)) / 2."""
    y = formulas.FORMULAS["gelu"](x, approximate=True)

    def backward(dy: np.ndarray) -> Gradients:
        t = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        derivative = (1 + t) / 2 + x * (1 - t * t) * du / 2
        return [(dy * derivative).astype(x.dtype)], {}

    return ForwardResult(y.astype(x.dtype), backward)


def prelu(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute x, or alpha * x for x < 0, with learned alpha; at 0 both derivatives are 0."""
    alpha = call.weights["alpha"]
    shared = (0, *(axis + 1 for axis, side in enumerate(alpha.shape) if side != x.shape[axis + 1]))
    negative = np.minimum(x, 0)

    def backward(dy: np.ndarray) -> Gradients:
        derivative = np.where(x > 0, x.dtype.type(1), np.where(x < 0, alpha, 0))
        dalpha = precise_sum(dy * negative, shared).reshape(alpha.shape)
        return [dy * derivative], {"alpha": dalpha}

    return ForwardResult(np.maximum(x, 0) + alpha * negative, backward)


def sqrt(_call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute the square root."""
    with np.errstate(invalid="ignore"):
        y = np.sqrt(x)

    def backward(dy: np.ndarray) -> Gradients:
        with np.errstate(divide="ignore", invalid="ignore"):
            return [dy * x.dtype.type(0.5) / y], {}

    return ForwardResult(y, backward)


def log(_call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute the natural logarithm."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.log(x)

    def backward(dy: np.ndarray) -> Gradients:
        with np.errstate(divide="ignore", invalid="ignore"):
            return [dy / x], {}

    return ForwardResult(y, backward)
