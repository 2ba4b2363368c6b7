"""The weights of a model in the order and with the names of Keras' legacy HDF5 format."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from scallion.graph.nested_models import NestedModelSpec
from scallion.layers.base.layer import Layer
from scallion.layers.base.variable import Variable
from scallion.models.training.trainer import Trainer

if TYPE_CHECKING:
    from scallion.models.model import Model


def legacy_weights(layer: Layer) -> list[Variable]:
    """Return the trainable weights of a layer or nested model, then the others."""
    # A custom layer is stored as the functional model that it became.
    spec = layer.spec if layer.has_custom_call else None
    weights = spec.graph.weights if isinstance(spec, NestedModelSpec) else layer.weights
    if not layer.trainable:
        return weights
    return [*(w for w in weights if w.trainable), *(w for w in weights if not w.trainable)]


def stored_layers(model: "Model") -> list[Layer]:
    """Return the layers that a file of the model has, in their order."""
    return model.layers if model.is_sequential else list(model.graph.layers)


def weight_paths(model: "Model") -> dict[int, str]:
    """Return a unique path for each weight by its id: `sequential/conv2d/kernel`."""
    prefix = (model.name,) if model.is_sequential else ()
    found: dict[int, str] = {}
    for layer, outer in _leaves(model, prefix):
        for weight in layer.weights:
            found.setdefault(id(weight), "/".join((*outer, layer.name, weight.name)))
    return dict(zip(found, unique(list(found.values())), strict=True))


def unique(names: Sequence[str]) -> list[str]:
    """Return the names, the second and later of equal ones with a number.

    >>> unique(["kernel", "bias", "kernel"])
    ['kernel', 'bias', 'kernel_1']
    """
    taken: dict[str, None] = {}
    for name in names:
        free, number = name, 0
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken[free] = None
    return list(taken)


def _leaves(model: "Model", outer: tuple[str, ...]) -> Iterator[tuple[Layer, tuple[str, ...]]]:
    for layer in stored_layers(model):
        if isinstance(layer, Trainer):
            yield from _leaves(cast("Model", layer), (*outer, layer.name))
        else:
            yield layer, outer
