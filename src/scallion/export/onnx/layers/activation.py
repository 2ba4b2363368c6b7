"""Activations, as ONNX operations of opset 13; newer ones are put together from older ones."""

import math
from collections.abc import Callable

import numpy as np

from scallion.activations import LEAKY_RELU_SLOPE
from scallion.export.onnx.conversion import LayerConversion
from scallion.export.tensor_layout import ExportTensor

Formula = Callable[[LayerConversion, str], str]


def _gelu(call: LayerConversion, x: str) -> str:
    inner = call.add("Erf", call.add("Mul", x, call.scalar(1 / math.sqrt(2))))
    half = call.add("Mul", x, call.scalar(0.5))
    return call.add("Mul", half, call.add("Add", inner, call.scalar(1)))


def _hard_sigmoid(call: LayerConversion, x: str) -> str:
    return call.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _mish(call: LayerConversion, x: str) -> str:
    return call.add("Mul", x, call.add("Tanh", call.add("Softplus", x)))


def _relu6(call: LayerConversion, x: str) -> str:
    return call.add("Clip", x, call.scalar(0), call.scalar(6))


FORMULAS: dict[str, Formula] = {
    "elu": lambda call, x: call.add("Elu", x),
    "exponential": lambda call, x: call.add("Exp", x),
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda call, x: call.add("Mul", x, _hard_sigmoid(call, x)),
    "leaky_relu": lambda call, x: call.add("LeakyRelu", x, alpha=LEAKY_RELU_SLOPE),
    "linear": lambda _call, x: x,
    "mish": _mish,
    "relu": lambda call, x: call.add("Relu", x),
    "relu6": _relu6,
    "selu": lambda call, x: call.add("Selu", x),
    "sigmoid": lambda call, x: call.add("Sigmoid", x),
    "silu": lambda call, x: call.add("Mul", x, call.add("Sigmoid", x)),
    "softplus": lambda call, x: call.add("Softplus", x),
    "softsign": lambda call, x: call.add("Softsign", x),
    "tanh": lambda call, x: call.add("Tanh", x),
}
"""Activations that change each value by itself."""

ALONG_CHANNELS = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}


def activate(call: LayerConversion, name: str, x: ExportTensor) -> ExportTensor:
    """Apply an activation by name."""
    if name not in ALONG_CHANNELS:
        return call.like(x, FORMULAS[name](call, x.name))
    if x.layout == "flat_channels_first":
        x = call.keras(x)
    return call.like(x, call.add(ALONG_CHANNELS[name], x.name, axis=x.axis(-1)))


def activation(call: LayerConversion) -> ExportTensor:
    """Convert Activation."""
    return activate(call, call.spec.activation, call.x)


def relu(call: LayerConversion) -> ExportTensor:
    """Convert ReLU: min(x, max_value) above the threshold, else slope * (x - threshold)."""
    spec, x = call.spec, call.x
    limit = spec.max_value
    if not spec.threshold and not spec.negative_slope:
        clipped = limit is not None
        name = (
            call.add("Clip", x.name, call.scalar(0), call.scalar(limit))
            if clipped
            else call.add("Relu", x.name)
        )
        return call.like(x, name)
    high = x.name if limit is None else call.add("Min", x.name, call.scalar(limit))
    if spec.negative_slope:
        shifted = call.add("Sub", x.name, call.scalar(spec.threshold))
        low = call.add("Mul", shifted, call.scalar(spec.negative_slope))
    else:
        low = call.scalar(0)
    is_high = call.add("Greater", x.name, call.scalar(spec.threshold))
    return call.like(x, call.add("Where", is_high, high, low))


def leaky_relu(call: LayerConversion) -> ExportTensor:
    """Convert LeakyReLU."""
    slope = float(call.spec.negative_slope)
    return call.like(call.x, call.add("LeakyRelu", call.x.name, alpha=slope))


def elu(call: LayerConversion) -> ExportTensor:
    """Convert ELU."""
    return call.like(call.x, call.add("Elu", call.x.name, alpha=float(call.spec.alpha)))


def gelu_tanh(call: LayerConversion) -> ExportTensor:
    """Convert the tanh approximation of gelu: x * (1 + tanh(u)) / 2."""
    x = call.x.name
    cube = call.add("Mul", call.add("Mul", x, x), x)
    inner = call.add("Add", x, call.add("Mul", cube, call.scalar(0.044715)))
    tanh = call.add("Tanh", call.add("Mul", inner, call.scalar(math.sqrt(2 / math.pi))))
    half = call.add("Mul", x, call.scalar(0.5))
    return call.like(call.x, call.add("Mul", half, call.add("Add", tanh, call.scalar(1))))


def prelu(call: LayerConversion) -> ExportTensor:
    """Convert PReLU."""
    alpha = call.constant("alpha", np.ascontiguousarray(call.x.arrange(call.weights["alpha"])))
    return call.like(call.x, call.add("PRelu", call.x.name, alpha))


def softmax(call: LayerConversion) -> ExportTensor:
    """Convert Softmax; along several axes it is put together."""
    spec, x = call.spec, call.x
    if x.layout == "flat_channels_first":
        x = call.keras(x)
    axes = spec.axis if isinstance(spec.axis, tuple) else (spec.axis,)
    places = [x.axis(axis) for axis in axes]
    if len(places) == 1:
        return call.like(x, call.add("Softmax", x.name, axis=places[0]))
    largest = call.add("ReduceMax", x.name, axes=places, keepdims=1)
    powers = call.add("Exp", call.add("Sub", x.name, largest))
    total = call.add("ReduceSum", powers, call.constant("axes", places), keepdims=1)
    return call.like(x, call.add("Div", powers, total))


def sqrt(call: LayerConversion) -> ExportTensor:
    """Convert a square root."""
    return call.like(call.x, call.add("Sqrt", call.x.name))


def log(call: LayerConversion) -> ExportTensor:
    """Convert a natural logarithm."""
    return call.like(call.x, call.add("Log", call.x.name))
