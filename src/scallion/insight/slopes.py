"""How strongly the loss pulls at each layer: what tells whether the first ones can learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.insight.soundness import Slope
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models import Model
from scallion.models.config import from_config, to_config
from scallion.optimizers import SGD

LOOKED_AT = 64  # images that tell a gradient's order of magnitude


def slopes(model: Model, x: NDArray[Any], y: NDArray[Any]) -> list[Slope]:
    """The layers with kernels, from the image on, each with its gradient measured by its weights.

    The gradient is that of the cross-entropy on the first 64 of the images `x` (n, h, w, c) with
    classes `y` (n,), as in training: dropout drops. The model and the session stay as they are.
    """
    with session.isolated_session():
        copy = from_config(to_config(model))
        softmax = str(getattr(copy.layers[-1], "activation", "linear")) == "softmax"
        # After one step of descent with momentum, the momentum is the gradient, to its last bit.
        descent = SGD(1.0, momentum=0.5)
        copy.compile(descent, SparseCategoricalCrossentropy(from_logits=not softmax))
        copy.set_weights(model.get_weights())
        copy.seed = 0
        copy.train_on_batch(x[:LOOKED_AT], y[:LOOKED_AT])
    places = {id(weight): place for place, weight in enumerate(copy.trainable_weights)}
    found: list[Slope] = []
    for mine, its in zip(model.layers, copy.layers, strict=True):
        kernels = [place for place, weight in enumerate(its.weights) if weight.value.ndim > 1]
        if not kernels or id(its.weights[kernels[0]]) not in places:
            continue
        gradient = descent.slots["momentum"][places[id(its.weights[kernels[0]])]]
        length = _root_mean_square(mine.weights[kernels[0]].value)
        if length > 0:
            found.append(Slope(mine.name, _root_mean_square(gradient) / length))
    return found


def _root_mean_square(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))
