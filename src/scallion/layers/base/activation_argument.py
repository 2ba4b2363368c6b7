"""The argument `activation` of a layer: a name, a function, or another layer."""

from collections.abc import Mapping
from typing import Any, cast

from scallion import activations
from scallion.activations import ActivationFunction
from scallion.errors import UnsupportedError
from scallion.layers.base.layer import Layer


def split_activation(activation: Any) -> tuple[ActivationFunction, Layer | None]:
    """Return the activation that a layer computes, and the layer that follows it for others.

    A layer such as LeakyReLU(0.1), its config, or a function of tensors becomes a layer after the
    one that has the argument.
    """
    if isinstance(activation, Layer):
        return activations.linear, _following(activation)
    if isinstance(cast("object", activation), Mapping):
        config = cast("Mapping[str, Any]", activation)
        if (kind := _layer_class(config.get("class_name"))) is not None:
            return activations.linear, _following(kind.from_config(config.get("config") or {}))
    try:
        return activations.get(activation), None
    except UnsupportedError:
        if isinstance(activation, str) or not callable(activation):
            raise
        from scallion.layers.functions import Lambda  # it has an activation itself

        return activations.linear, _following(Lambda(activation))


def _following(layer: Layer) -> Layer:
    layer.is_operation = True  # Keras does not list it among the model's layers
    return layer


def _layer_class(name: Any) -> type[Layer] | None:
    from scallion.layers import activation as own  # it has an activation itself

    kind: Any = getattr(own, name, None) if isinstance(name, str) else None
    is_layer = isinstance(kind, type) and issubclass(kind, Layer) and kind is not Layer
    return cast("type[Layer]", kind) if is_layer else None
