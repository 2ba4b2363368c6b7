"""Activations: x -> y by the formulas of `scallion.activations`, and dy -> dx."""

import math
from collections.abc import Callable

import numpy as np

from scallion.activations import (
    FORMULAS,
    LEAK,
    SELU_ALPHA,
    SELU_SCALE,
    normal_share,
    relu,
    sigmoid,
    softplus,
)
from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall, total
from scallion.errors import EngineError

Slope = Callable[[np.ndarray], np.ndarray]
Activated = tuple[np.ndarray, Slope]


def activate(name: str, x: np.ndarray) -> Activated:
    """The activation by its engine name, with the function that leads back."""
    if name not in FORMULAS:
        raise EngineError(
            f"the reference engine has no activation {name!r}",
            hint=f"use one of {', '.join(sorted(FORMULAS))}",
        )
    if name == "softmax":
        return softmax_over(x, (-1,))
    y = FORMULAS[name](x).astype(x.dtype, copy=False)
    if name == "log_softmax":
        return y, lambda dy: dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)
    return y, lambda dy: (dy * _SLOPES[name](x, y)).astype(x.dtype, copy=False)


def _gelu_slope(x: np.ndarray, _y: np.ndarray) -> np.ndarray:
    return normal_share(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _silu_slope(x: np.ndarray, _y: np.ndarray) -> np.ndarray:
    share = sigmoid(x)
    return share * (1 + x * (1 - share))


def _mish_slope(x: np.ndarray, _y: np.ndarray) -> np.ndarray:
    bend = np.tanh(softplus(x))
    return bend + x * (1 - bend * bend) * sigmoid(x)


def _elu_slope(x: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


# dy/dx, from x and y.
_SLOPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "elu": lambda x, y: _elu_slope(x, 1.0),  # noqa: ARG005
    "exponential": lambda x, y: y,  # noqa: ARG005
    "gelu": _gelu_slope,
    "hard_sigmoid": lambda x, y: (np.abs(x) < 3) / 6,  # noqa: ARG005
    "hard_silu": lambda x, y: np.clip(x + 3, 0, 6) / 6 + np.where(np.abs(x) < 3, x / 6, 0),  # noqa: ARG005
    "leaky_relu": lambda x, y: np.where(x > 0, 1, LEAK),  # noqa: ARG005
    "linear": lambda x, y: np.ones_like(x),  # noqa: ARG005
    "mish": _mish_slope,
    "relu": lambda x, y: x > 0,  # noqa: ARG005
    "relu6": lambda x, y: (x > 0) & (x < 6),  # noqa: ARG005
    "selu": lambda x, y: SELU_SCALE * _elu_slope(x, SELU_ALPHA),  # noqa: ARG005
    "sigmoid": lambda x, y: y * (1 - y),  # noqa: ARG005
    "silu": _silu_slope,
    "softplus": lambda x, y: sigmoid(x),  # noqa: ARG005
    "softsign": lambda x, y: (1 - np.abs(y)) ** 2,  # noqa: ARG005
    "tanh": lambda x, y: 1 - y * y,  # noqa: ARG005
}


def softmax_over(x: np.ndarray, axes: tuple[int, ...]) -> Activated:
    """exp(x) over its sum along `axes`; large scores do not overflow."""
    y = FORMULAS["softmax"](x, axes)
    return y, lambda dy: y * (dy - (dy * y).sum(axis=axes, keepdims=True))


def elementwise(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """An activation as a layer of its own."""
    y, slope = activate(call.spec.activation, x)
    return ForwardResult(y, lambda dy: ([slope(dy)], {}))


def softening(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Softmax over the axes that the layer names; the batch is axis 0."""
    axis: int | tuple[int, ...] = call.spec.axis
    y, slope = softmax_over(x, axis if isinstance(axis, tuple) else (axis,))
    return ForwardResult(y, lambda dy: ([slope(dy)], {}))


def rectifying(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """0 or a slope up to the threshold, then x, then the limit.

    At the threshold it counts as below, at the limit as above: there the slope of `x` is 0.
    """
    spec, kind = call.spec, x.dtype.type
    below = kind(spec.negative_slope)
    limit = kind(np.inf if spec.max_value is None else spec.max_value)
    low = x <= kind(spec.threshold)
    y = relu(x, spec.negative_slope, spec.max_value, spec.threshold)

    def backward(dy: np.ndarray) -> Gradients:
        return [dy * np.where(low, below, (x < limit).astype(x.dtype))], {}

    return ForwardResult(y, backward)


def leaking(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """x, or a slope below 0."""
    slope: float = call.spec.negative_slope
    slopes = np.where(x > 0, 1, slope).astype(x.dtype)
    return ForwardResult(x * slopes, lambda dy: ([dy * slopes], {}))


def bending(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """x, or alpha * (exp(x) - 1) below 0."""
    alpha = call.spec.alpha
    y = FORMULAS["elu"](x, alpha)
    return ForwardResult(y, lambda dy: ([dy * _elu_slope(x, alpha).astype(x.dtype)], {}))


def tilting(_call: LayerCall, x: np.ndarray) -> ForwardResult:
    """gelu by tanh: x * (1 + tanh(u)) / 2."""
    y = FORMULAS["gelu"](x, approximate=True)

    def backward(dy: np.ndarray) -> Gradients:
        bend = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        slope = (1 + bend) / 2 + x * (1 - bend * bend) * du / 2
        return [(dy * slope).astype(x.dtype)], {}

    return ForwardResult(y.astype(x.dtype), backward)


def learning_slope(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """x, or a slope below 0 that is learned; at 0 neither side has one."""
    alpha = call.weights["alpha"]
    shared = (0, *(axis + 1 for axis, side in enumerate(alpha.shape) if side != x.shape[axis + 1]))
    low = np.minimum(x, 0)

    def backward(dy: np.ndarray) -> Gradients:
        slopes = np.where(x > 0, x.dtype.type(1), np.where(x < 0, alpha, 0))
        return [dy * slopes], {"alpha": total(dy * low, shared).reshape(alpha.shape)}

    return ForwardResult(np.maximum(x, 0) + alpha * low, backward)
