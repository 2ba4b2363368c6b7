"""Every layer with its default arguments, and usual values for those that are required.

A new layer whose required arguments have usual names is found here by itself.
"""

import inspect

from scallion import layers
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Tensor

SHAPE = (6, 5, 3)
USUAL = {
    "activation": "relu",
    "dims": (2, 1, 3),
    "factor": 0.2,
    "filters": 4,
    "height": 4,
    "height_factor": 0.2,
    "kernel_size": 3,
    "rate": 0.3,
    "scale": 0.5,
    "stddev": 0.2,
    "target_shape": (5, 18),
    "units": 5,
    "width": 3,
    "width_factor": 0.3,
}
# Layers whose default arguments do not fit an image of this shape.
FITTING: dict[str, tuple[object, ...]] = {"GroupNormalization": (3,)}


def layer_classes() -> list[type[Layer]]:
    """Return the layers that the package exports, each once, that have a specification."""
    exported = {getattr(layers, name): None for name in layers.__all__}
    base = (layers.Layer, layers.InputLayer, layers.Lambda)
    return [
        kind
        for kind in exported
        if isinstance(kind, type) and issubclass(kind, Layer) and kind not in base
    ]


def usual_arguments(kind: type[Layer]) -> tuple[object, ...]:
    """Return values for a layer's required arguments."""
    if kind.__name__ in FITTING:
        return FITTING[kind.__name__]
    parameters = inspect.signature(kind).parameters.values()
    return tuple(
        USUAL[one.name]
        for one in parameters
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    )


def called(layer: Layer, tensor: Tensor) -> Tensor:
    """Call a layer on a tensor, or, if it merges several, twice on the same one."""
    return layer([tensor, tensor]) if layer.spec.takes_list else layer(tensor)
