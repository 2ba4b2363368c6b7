"""Activations, gradients and non-finite layers of models."""

import numpy as np

from scallion import layers
from scallion.models import Model
from scallion.models.inspection import first_non_finite_layer


def test_the_first_layer_with_nan_is_named() -> None:
    image = layers.Input((4, 4, 1))
    x = layers.Conv2D(1, 1, use_bias=False, name="pixels")(image)
    model = Model(image, layers.Dense(2, use_bias=False)(layers.Flatten()(x)))
    x = np.ones((2, 4, 4, 1), np.float32)
    assert first_non_finite_layer(model, x) is None
    model.get_layer("pixels").set_weights([np.full((1, 1, 1, 1), np.nan)])
    assert first_non_finite_layer(model, x) == "pixels"
