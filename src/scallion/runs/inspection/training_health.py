"""Measure whether a model can learn: dead units and gradient sizes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.insight.findings.rules.dead_units import DeadUnits, active_units
from scallion.insight.findings.rules.gradients import RelativeGradient, root_mean_square
from scallion.models import Model
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
