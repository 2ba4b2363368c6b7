"""Explain a model: filters, activation maps, Grad-CAM and receptive fields."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import ArgumentError, DataError
from scallion.insight import explanation
from scallion.insight.explanation import ClassActivationMap, ReceptiveField
from scallion.models import Model
from scallion.models.inspection import (
    convolution_nodes,
    last_feature_map,
    node_of_layer,
    node_outputs,
    score_gradient,
)


def filters(model: Model) -> NDArray[np.float32]:
    """Return the kernels of the first convolution: (filters, height, width, channels).

    Raises ArgumentError for a network without convolutions.
    """
    node = convolution_nodes(model)[0]
    return explanation.filter_images(node.layer.weights[0].numpy(), node.input_shapes[0][-1])


def activation_maps(
    model: Model, image: ArrayLike, layer: str | None = None
) -> NDArray[np.float32]:
    """Return the output of a layer, by default the first convolution: (height, width, channels).

    `image` is (height, width, channels) as the model takes it. Raises ArgumentError for an unknown
    layer, DataError for an image of another shape.
    """
    node = convolution_nodes(model)[0] if layer is None else node_of_layer(model, layer)
    ((maps,),) = node_outputs(model, [node], _batch(model, image))
    return maps[0]


def grad_cam(
    model: Model, image: ArrayLike, label: int | None = None, layer: str | None = None
) -> ClassActivationMap:
    """Compute Grad-CAM for a class, by default the predicted one (Selvaraju et al. 2017).

    `layer` is by default the last convolution with its activation. Raises ArgumentError for an
    unknown layer or class or a layer whose output is not an image, DataError for an image of
    another shape.
    """
    node = last_feature_map(model) if layer is None else node_of_layer(model, layer)
    if len(node.output.image_shape) != 3:
        raise ArgumentError(
            f"the output of layer {node.layer.name!r} is not an image: {node.output.image_shape}",
            hint=f"layer={last_feature_map(model).layer.name!r}",
        )
    x = _batch(model, image)
    label, output, gradient = score_gradient(model, x, node, label)
    if gradient is None:
        raise ArgumentError(
            f"the output of the network does not depend on layer {node.layer.name!r}",
            hint=f"layer={last_feature_map(model).layer.name!r}",
        )
    size = x.shape[1], x.shape[2]
    values = explanation.class_activation_map(output[0], gradient[0], size)
    return ClassActivationMap(label, values, node.layer.name)


def receptive_fields(model: Model) -> list[ReceptiveField]:
    """Return the receptive field of each layer whose output is an image."""
    return explanation.receptive_fields(model.graph.nodes)


def _batch(model: Model, image: ArrayLike) -> NDArray[np.float32]:
    """Return one image as a batch, in the shape of the model's first input."""
    wanted = model.inputs[0].image_shape
    given = np.asarray(image)
    if given.shape == wanted[:2] and wanted[2:] == (1,):
        given = given[..., None]
    if given.shape != wanted:
        raise DataError(
            f"the network takes images of {'x'.join(map(str, wanted))}. "
            f"Received: {'x'.join(map(str, given.shape)) or 'a single number'}",
            hint="resize the image first, and give it as (height, width, channels)",
        )
    return given[None].astype(np.float32)
