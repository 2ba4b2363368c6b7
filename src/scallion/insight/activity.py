"""What happens inside a network on real images: who is silent, and where numbers break first."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.layers.tensor import Node
from scallion.models import Model

BATCH = 128


@dataclass(frozen=True, slots=True)
class Silence:
    """A layer that rectifies: how many of its units gave 0 everywhere on all images looked at.

    A unit is a filter of a convolution or a neuron of a dense layer.
    """

    name: str
    silent: int
    units: int

    @property
    def share(self) -> float:
        return self.silent / self.units


def silent_units(model: Model, x: NDArray[Any]) -> list[Silence]:
    """The layers that rectify, from the image on, with their units that never spoke.

    `x` are images as the model takes them; a few hundred tell. Raises DataError for images that do
    not fit.
    """
    nodes = [node for node in model.graph.nodes if _rectifies(node)]
    if not nodes:
        return []
    inner = Model(model.inputs, [node.output for node in nodes])
    spoke = [np.zeros(node.output.image_shape[-1], np.bool_) for node in nodes]
    for start in range(0, len(x), BATCH):
        outputs = inner.predict_on_batch(x[start : start + BATCH])
        for heard, output in zip(spoke, outputs if len(nodes) > 1 else [outputs], strict=True):
            heard |= (output != 0).any(axis=tuple(range(output.ndim - 1)))
    return [
        Silence(node.layer.name, int((~heard).sum()), len(heard))
        for node, heard in zip(nodes, spoke, strict=True)
    ]


def first_broken(model: Model, x: NDArray[Any]) -> str | None:
    """The first layer whose weights or outputs are no finite numbers; None where all are.

    Outputs are looked at for the first images of `x`.
    """
    for layer in model.layers:
        if any(not np.isfinite(weight.numpy()).all() for weight in layer.weights):
            return layer.name
    nodes = [node for node in model.graph.nodes if node.inputs]
    inner = Model(model.inputs, [node.output for node in nodes])
    outputs = inner.predict_on_batch(x[:BATCH])
    for node, output in zip(nodes, outputs if len(nodes) > 1 else [outputs], strict=True):
        if not np.isfinite(output).all():
            return node.layer.name
    return None


def _rectifies(node: Node) -> bool:
    spec = node.layer.spec
    if type(spec).__name__ == "ReLUSpec":
        return not getattr(spec, "negative_slope", 0.0)
    return getattr(spec, "activation", None) == "relu"
