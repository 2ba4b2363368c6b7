"""Activation functions by name, with their formulas on arrays."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scallion import session
from scallion.differentiation import ACTIVATIONS as DERIVED
from scallion.differentiation import is_recorded
from scallion.errors import UnknownNameError, UnsupportedError, refuse_unknown_names

# Klambauer et al. 2017: with these constants, activations keep mean 0 and variance 1.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
LEAKY_RELU_SLOPE = 0.2  # Keras' default `negative_slope` of `leaky_relu`

Formula = Callable[..., np.ndarray]


class ActivationFunction(str):
    """An activation function: a name that can be called.

    On arrays it computes; on a symbolic tensor it adds a layer and returns that layer's output.

    >>> relu == "relu", ActivationFunction("tanh").__name__, relu([-1.0, 2.0]).tolist()
    (True, 'tanh', [0.0, 2.0])
    """

    __slots__ = ()

    @property
    def __name__(self) -> str:
        return str(self)

    def __call__(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the activation of `x`; options are those of Keras' function.

        Raises UnsupportedError for options that a layer of a symbolic tensor cannot take.
        """
        if getattr(x, "is_symbolic", False) and session.apply_activation is not None:
            return session.apply_activation(self, x, arguments, options)
        if is_recorded(x):
            return DERIVED.get(str(self), FORMULAS[self])(x, *arguments, **options)
        return FORMULAS[self](_as_floats(x), *arguments, **options)


def _as_floats(x: Any) -> np.ndarray:
    array = np.asarray(x)
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def _relu(
    x: np.ndarray,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> np.ndarray:
    kind = x.dtype.type
    high = x if max_value is None else np.minimum(x, kind(max_value))
    low = kind(negative_slope) * (x - kind(threshold)) if negative_slope else kind(0)
    return np.where(x <= kind(threshold), low, high)  # NaN stays NaN


def _sigmoid(x: np.ndarray) -> np.ndarray:
    decay = np.exp(-np.abs(x))  # does not overflow for either sign
    return np.where(x < 0, decay, 1) / (1 + decay)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def _selu(x: np.ndarray) -> np.ndarray:
    return x.dtype.type(SELU_SCALE) * _elu(x, SELU_ALPHA)


def _gelu(x: np.ndarray, approximate: bool = False) -> np.ndarray:
    if approximate:
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * normal_cdf(x)


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """Return the cumulative distribution function of the standard normal at x."""
    erf = np.frompyfunc(math.erf, 1, 1)(x.astype(np.float64) / math.sqrt(2))
    return ((1 + np.asarray(erf, np.float64)) / 2).astype(x.dtype)


def _softmax(x: np.ndarray, axis: int | tuple[int, ...] = -1) -> np.ndarray:
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


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
    "leaky_relu": lambda x, negative_slope=LEAKY_RELU_SLOPE: _relu(x, negative_slope),
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

_BY_NAME: dict[str, ActivationFunction] = {name: ActivationFunction(name) for name in FORMULAS}
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}
# Activations of Keras that are missing here.
_UNSUPPORTED = (
    "celu", "glu", "hard_shrink", "hard_tanh", "log_sigmoid", "soft_shrink", "sparse_plus",
    "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink", "threshold",
)  # fmt: skip

elu = _BY_NAME["elu"]
exponential = _BY_NAME["exponential"]
gelu = _BY_NAME["gelu"]
hard_sigmoid = _BY_NAME["hard_sigmoid"]
hard_silu = hard_swish = _BY_NAME["hard_silu"]
leaky_relu = _BY_NAME["leaky_relu"]
linear = _BY_NAME["linear"]
log_softmax = _BY_NAME["log_softmax"]
mish = _BY_NAME["mish"]
relu = _BY_NAME["relu"]
relu6 = _BY_NAME["relu6"]
selu = _BY_NAME["selu"]
sigmoid = _BY_NAME["sigmoid"]
silu = swish = _BY_NAME["silu"]
softmax = _BY_NAME["softmax"]
softplus = _BY_NAME["softplus"]
softsign = _BY_NAME["softsign"]
tanh = _BY_NAME["tanh"]


def get(identifier: Any) -> ActivationFunction:
    """Return the activation of this name, or `linear` for None.

    Raises UnknownNameError for an unknown name, UnsupportedError for one of Keras that is missing
    here and for a custom function.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Mapping) and identifier.get("class_name") == "function":
        identifier = identifier.get("config")
    identifier = getattr(identifier, "activation_name", identifier)
    if isinstance(identifier, str):
        name = _ALIASES.get(identifier, identifier)
        if name in _BY_NAME:
            return _BY_NAME[name]
        if name in _UNSUPPORTED:
            raise UnsupportedError(
                f"there is no activation {name!r} here",
                hint=f"use one of {', '.join(sorted(_BY_NAME))}",
                field="activation",
                value=name,
            )
    if isinstance(identifier, str) or not callable(identifier):
        raise UnknownNameError("activation", identifier, [*_BY_NAME, *_ALIASES])
    raise UnsupportedError(
        f"an activation must be one of {', '.join(_BY_NAME)}. Received: {identifier!r}",
        hint="name one of them, or add a layer such as LeakyReLU(0.1) after this one",
        field="activation",
        value=identifier,
    )


def serialize(activation: Any) -> str:
    """Return the name that `get` accepts."""
    return str(get(activation))


def deserialize(config: Any) -> ActivationFunction:
    """Return the activation that `serialize` wrote."""
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

__getattr__ = refuse_unknown_names("scallion.activations", __all__)
