"""Folding of batch normalizations into the layers with kernels before them."""

from collections import Counter
from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from scallion.graph import Graph
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Node
from scallion.layers.convolutions.convolution import Conv2DSpec
from scallion.layers.convolutions.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec
from scallion.layers.dense import DenseSpec
from scallion.layers.normalization import BatchNormalizationSpec

Weights = Mapping[str, NDArray[np.float32]]

_KERNELS = {
    Conv2DSpec: "kernel",
    DenseSpec: "kernel",
    DepthwiseConv2DSpec: "kernel",
    SeparableConv2DSpec: "pointwise_kernel",
}


def weights_of(layer: Layer) -> Weights:
    """Return the weights of a layer by name."""
    return {name: weight.numpy() for name, weight in layer.weights_by_role().items()}


def fold_normalizations(graph: Graph) -> dict[Node, Weights]:
    """Return the new weights of calls whose batch normalization is folded into them.

    The call of a folded normalization has no weights: it is the identity. Only a linear layer whose
    output nothing but the normalization reads can take it.
    """
    readers = Counter(tensor for node in graph.nodes for tensor in node.inputs)
    readers.update(graph.outputs)
    folded: dict[Node, Weights] = {}
    for node in graph.nodes:
        if not isinstance(node.layer.spec, BatchNormalizationSpec):
            continue
        before = node.inputs[0].node
        spec = before.layer.spec
        is_linear = getattr(spec, "activation", None) == "linear"
        if type(spec) in _KERNELS and is_linear and readers[node.inputs[0]] == 1:
            folded[before] = _folded(before.layer, node.layer)
            folded[node] = {}
    return folded


def _folded(layer: Layer, normalization: Layer) -> Weights:
    """Return the weights of a layer that scales and shifts its outputs, in float64 until stored."""
    weights, moving = weights_of(layer), weights_of(normalization)
    spec = normalization.spec
    if not isinstance(spec, BatchNormalizationSpec):
        raise TypeError(type(spec).__name__)
    mean = moving["moving_mean"].astype(np.float64)
    deviation = np.sqrt(moving["moving_variance"].astype(np.float64) + spec.epsilon)
    scale = moving.get("gamma", np.ones_like(mean)) / deviation
    name = _KERNELS[type(layer.spec)]
    kernel = weights[name]
    # The filters are the last axis, and of a depthwise kernel the last two.
    axes = kernel.shape[-2:] if isinstance(layer.spec, DepthwiseConv2DSpec) else kernel.shape[-1:]
    shift = weights.get("bias", np.zeros(prod(axes))) - mean
    bias = shift * scale + moving.get("beta", np.zeros_like(mean))
    return {
        **weights,
        name: (kernel * scale.reshape(axes)).astype(np.float32),
        "bias": bias.astype(np.float32),
    }
