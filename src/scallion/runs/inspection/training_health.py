"""Measure whether a model can learn: dead units and gradient sizes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.insight.findings.rules.dead_units import DeadUnits, active_units
from scallion.insight.findings.rules.gradients import RelativeGradient, root_mean_square
from scallion.insight.findings.rules.normalization import NormalizationEffect
from scallion.insight.metrics.predictions import as_probabilities
from scallion.layers import Layer
from scallion.layers.normalization import BatchNormalizationSpec
from scallion.models import Model, clone_model
from scallion.models.inspection import kernel_gradients, node_outputs, relu_nodes

GRADIENT_IMAGES = 64  # enough for a gradient's order of magnitude


def dead_units(model: Model, x: NDArray[Any]) -> list[DeadUnits]:
    """Count the units of each ReLU layer that are 0 for all images `x` (n, h, w, c).

    A few hundred images are enough. Raises DataError for images that do not fit the model.
    """
    nodes = relu_nodes(model)
    if not nodes:
        return []
    active = [np.zeros(node.output.image_shape[-1], np.bool_) for node in nodes]
    for outputs in node_outputs(model, nodes, x):
        for units, output in zip(active, outputs, strict=True):
            units |= active_units(output)
    return [
        DeadUnits(node.layer.name, int((~units).sum()), len(units))
        for node, units in zip(nodes, active, strict=True)
    ]


def relative_gradients(model: Model, x: NDArray[Any], y: NDArray[Any]) -> list[RelativeGradient]:
    """Measure the gradient of each layer's kernel relative to the kernel, in layer order.

    The gradient is that of the cross-entropy on the first 64 of the images `x` (n, h, w, c) with
    classes `y` (n,), as in training: dropout is active. The model and the session stay unchanged.
    """
    found: list[RelativeGradient] = []
    for layer, kernel, gradient in kernel_gradients(
        model, x[:GRADIENT_IMAGES], y[:GRADIENT_IMAGES]
    ):
        size = root_mean_square(kernel)
        if size > 0:
            found.append(RelativeGradient(layer, root_mean_square(gradient) / size))
    return found


def normalization_effect(
    model: Model, x: NDArray[Any], y: NDArray[Any]
) -> NormalizationEffect | None:
    """Compare batch statistics with moving averages on 64 of the images `x` (n, h, w, c).

    `y` (n,) are their classes. None for a model without trainable batch normalization, and for
    fewer than two images. The model and the session stay unchanged.
    """
    layer = next((node.layer for node in model.graph.nodes if _normalizes(node.layer)), None)
    if layer is None or len(x) < 2:
        return None
    step = max(1, len(x) // GRADIENT_IMAGES)
    x, y = x[::step][:GRADIENT_IMAGES], np.asarray(y[::step][:GRADIENT_IMAGES])
    with session.isolated_session():
        copy = clone_model(model)
        copy.set_weights(model.get_weights())
        batch = _accuracy_and_loss(np.asarray(copy(x, training=True)), y)
    moving = _accuracy_and_loss(model.predict_on_batch(x), y)
    return NormalizationEffect(layer.name, *batch, *moving)


def _normalizes(layer: Layer) -> bool:
    return isinstance(layer.spec, BatchNormalizationSpec) and layer.trainable


def _accuracy_and_loss(outputs: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
    """Return accuracy and cross-entropy of outputs (n, classes): probabilities or logits."""
    rows = as_probabilities(outputs)
    chosen = np.maximum(rows[np.arange(len(y)), y], 1e-12)
    return float((rows.argmax(axis=1) == y).mean()), float(-np.log(chosen).mean())
