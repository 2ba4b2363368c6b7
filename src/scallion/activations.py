"""The activations by name: what a layer's `activation=` takes. The engines compute the numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scallion.errors import UnknownNameError, UnsupportedError

if TYPE_CHECKING:
    from scallion.layers.tensor import Tensor


class Function(str):
    """An activation. It is its own name, and behind a symbolic tensor it is a layer.

    >>> relu == "relu", Function("tanh").__name__
    (True, 'tanh')
    """

    __slots__ = ()

    @property
    def __name__(self) -> str:
        return str(self)

    def __call__(self, x: "Tensor") -> "Tensor":
        from scallion.layers import Activation
        from scallion.layers.tensor import Tensor

        if not isinstance(x, Tensor):
            raise UnsupportedError(
                f"activations.{self} stands for what a layer computes; it takes what comes out of "
                f"Input or a layer. Received: {type(x).__name__}",
                hint=f'Dense(10, activation="{self}"), or Activation("{self}")(x)',
            )
        return Activation(self)(x)


linear = Function("linear")
relu = Function("relu")
sigmoid = Function("sigmoid")
softmax = Function("softmax")
tanh = Function("tanh")

_TABLE: dict[str, Function] = {
    str(function): function for function in (linear, relu, sigmoid, softmax, tanh)
}


def get(identifier: Any) -> Function:
    """The activation of this name; None is `linear`. Raises UnknownNameError with the nearest."""
    if identifier is None:
        return linear
    if isinstance(identifier, Mapping) and identifier.get("class_name") == "function":
        identifier = identifier.get("config")
    if isinstance(identifier, str) and identifier in _TABLE:
        return _TABLE[identifier]
    if isinstance(identifier, str) or not callable(identifier):
        raise UnknownNameError("activation", identifier, _TABLE)
    raise UnsupportedError(
        f"an activation is one of {', '.join(_TABLE)}. Received: {identifier!r}",
        hint="name one of them, or put a layer such as ReLU(negative_slope=0.1) behind this one",
    )


def serialize(activation: Any) -> str:
    """The name that `get` takes."""
    return str(get(activation))


def deserialize(config: Any) -> Function:
    """The activation that `serialize` wrote."""
    return get(config)


__all__ = [
    "Function",
    "deserialize",
    "get",
    "linear",
    "relu",
    "serialize",
    "sigmoid",
    "softmax",
    "tanh",
]
