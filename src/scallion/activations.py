"""The activations by name: what a layer's `activation=` takes, and their formulas on arrays."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.errors import UnknownNameError, UnsupportedError

if TYPE_CHECKING:
    from scallion.layers.tensor import Tensor

# Klambauer et al. 2017: with these two, means near 0 and variances near 1 stay so.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
LEAK = 0.2  # Keras' slope of `leaky_relu` below 0

Formula = Callable[..., np.ndarray]


class ActivationFunction(str):
    """An activation. It is its own name; it computes on arrays, and behind a symbolic tensor it is
    a layer.

    >>> relu == "relu", ActivationFunction("tanh").__name__, relu([-1.0, 2.0]).tolist()
    (True, 'tanh', [0.0, 2.0])
    """

    __slots__ = ()

    @property
    def __name__(self) -> str:
        return str(self)

    def __call__(self, x: Any, *arguments: Any, **options: Any) -> Any:
        from scallion.layers.tensor import Tensor

        if isinstance(x, Tensor):
            return _layer(self, arguments, options)(x)
        return FORMULAS[self](_floats(x), *arguments, **options)


def _floats(x: Any) -> np.ndarray:
    array = np.asarray(x)
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def _layer(
    function: ActivationFunction, arguments: tuple[Any, ...], options: dict[str, Any]
) -> "Callable[[Tensor], Tensor]":
    from scallion import layers

    if not arguments and not options:
        return layers.Activation(function)
    own: dict[str, Callable[..., Any]] = {
        "elu": layers.ELU,
        "leaky_relu": layers.LeakyReLU,
        "softmax": layers.Softmax,
    }
    if function == "relu":
        names = ("negative_slope", "max_value", "threshold")
        return layers.ReLU(**dict(zip(names, arguments, strict=False)), **options)
    if function == "gelu":
        return _gelu_layer(*arguments, **options)
    if function not in own:
        raise UnsupportedError(
            f"behind a layer, `{function}` takes no options. Received: {options or arguments}",
            hint=f"activations.{function}(x)",
        )
    return own[function](*arguments, **options)


def _gelu_layer(approximate: bool = False) -> "Callable[[Tensor], Tensor]":
    from scallion.layers.activation import Activation, Gelu

    return Gelu() if approximate else Activation(gelu)


def _relu(
    x: np.ndarray,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> np.ndarray:
    kind = x.dtype.type
    high = x if max_value is None else np.minimum(x, kind(max_value))
    low = kind(negative_slope) * (x - kind(threshold)) if negative_slope else kind(0)
    return np.where(x > kind(threshold), high, low)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    shrunk = np.exp(-np.abs(x))  # from the side where exp does not overflow
    return np.where(x < 0, shrunk, 1) / (1 + shrunk)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def _selu(x: np.ndarray) -> np.ndarray:
    return x.dtype.type(SELU_SCALE) * _elu(x, SELU_ALPHA)


def _gelu(x: np.ndarray, approximate: bool = False) -> np.ndarray:
    if approximate:
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * normal_share(x)


def normal_share(x: np.ndarray) -> np.ndarray:
    """The share of a standard normal distribution below x."""
    erf = np.frompyfunc(math.erf, 1, 1)(x.astype(np.float64) / math.sqrt(2))
    return ((1 + np.asarray(erf, np.float64)) / 2).astype(x.dtype)


def _softmax(x: np.ndarray, axis: int | tuple[int, ...] = -1) -> np.ndarray:
    grown = np.exp(x - x.max(axis=axis, keepdims=True))
    return grown / grown.sum(axis=axis, keepdims=True)


def _log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x + 3, 0, 6) / 6


FORMULAS: dict[str, Formula] = {
    "elu": _elu,
    "exponential": np.exp,
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "leaky_relu": lambda x, negative_slope=LEAK: _relu(x, negative_slope),
    "linear": lambda x: x,
    "log_softmax": _log_softmax,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": _relu,
    "relu6": lambda x: _relu(x, max_value=6.0),
    "selu": _selu,
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "softmax": _softmax,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
}

_TABLE: dict[str, ActivationFunction] = {name: ActivationFunction(name) for name in FORMULAS}
_OTHER_NAMES = {"swish": "silu", "hard_swish": "hard_silu"}
# What Keras has and we do not.
_ELSEWHERE = (
    "celu", "glu", "hard_shrink", "hard_tanh", "log_sigmoid", "soft_shrink", "sparse_plus",
    "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink", "threshold",
)  # fmt: skip

elu = _TABLE["elu"]
exponential = _TABLE["exponential"]
gelu = _TABLE["gelu"]
hard_sigmoid = _TABLE["hard_sigmoid"]
hard_silu = hard_swish = _TABLE["hard_silu"]
leaky_relu = _TABLE["leaky_relu"]
linear = _TABLE["linear"]
log_softmax = _TABLE["log_softmax"]
mish = _TABLE["mish"]
relu = _TABLE["relu"]
relu6 = _TABLE["relu6"]
selu = _TABLE["selu"]
sigmoid = _TABLE["sigmoid"]
silu = swish = _TABLE["silu"]
softmax = _TABLE["softmax"]
softplus = _TABLE["softplus"]
softsign = _TABLE["softsign"]
tanh = _TABLE["tanh"]


def get(identifier: Any) -> ActivationFunction:
    """The activation of this name; None is `linear`. Raises UnknownNameError with the nearest."""
    if identifier is None:
        return linear
    if isinstance(identifier, Mapping) and identifier.get("class_name") == "function":
        identifier = identifier.get("config")
    if isinstance(identifier, str):
        name = _OTHER_NAMES.get(identifier, identifier)
        if name in _TABLE:
            return _TABLE[name]
        if name in _ELSEWHERE:
            raise UnsupportedError(
                f"the activation {name!r} is not there",
                hint=f"one of {', '.join(sorted(_TABLE))}",
            )
    if isinstance(identifier, str) or not callable(identifier):
        raise UnknownNameError("activation", identifier, [*_TABLE, *_OTHER_NAMES])
    raise UnsupportedError(
        f"an activation is one of {', '.join(_TABLE)}. Received: {identifier!r}",
        hint="name one of them, or put a layer such as LeakyReLU(0.1) behind this one",
    )


def serialize(activation: Any) -> str:
    """The name that `get` takes."""
    return str(get(activation))


def deserialize(config: Any) -> ActivationFunction:
    """The activation that `serialize` wrote."""
    return get(config)


__all__ = [
    "ActivationFunction",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]
