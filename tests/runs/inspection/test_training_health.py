"""Dead units and gradient sizes of models."""

import numpy as np
import pytest

from scallion import layers, session
from scallion.models import Model
from scallion.runs.inspection.training_health import dead_units, relative_gradients


def test_dead_units_are_counted_per_layer() -> None:
    image = layers.Input((4, 4, 1))
    x = layers.Conv2D(3, 1, activation="relu", name="pixels")(image)
    model = Model(image, layers.Dense(2)(layers.Flatten()(x)))
    model.get_layer("pixels").set_weights(
        [np.array([1.0, -1.0, 1.0]).reshape(1, 1, 1, 3), np.array([0.0, 0.0, -9.0])]
    )
    (layer,) = dead_units(model, np.random.default_rng(1).random((200, 4, 4, 1)))
    assert (layer.layer, layer.dead, layer.units) == ("pixels", 2, 3)


# By hand: with weights 1, and 1 and -1, the logits of a pixel of 1 are 1 and -1, so class 0 has the
# probability e / (e + 1/e) = 0.880797, and the gradients there are -0.119203 and 0.119203.
def test_gradients_relative_to_weights_leave_the_model_unchanged() -> None:
    image = layers.Input((1, 1, 1))
    x = layers.Dense(1, use_bias=False, name="first")(layers.Flatten()(image))
    model = Model(image, layers.Dense(2, use_bias=False, name="last")(x))
    weights = [np.ones((1, 1), np.float32), np.array([[1, -1]], np.float32)]
    model.set_weights(weights)
    session.set_random_seed(3)
    before = session.next_seed()
    session.set_random_seed(3)
    found = relative_gradients(model, np.ones((5, 1, 1, 1), np.float32), np.zeros(5, np.int64))
    assert [one.layer for one in found] == ["first", "last"]
    assert [one.size for one in found] == pytest.approx([0.238406, 0.119203], abs=1e-6)
    assert all((a == b).all() for a, b in zip(model.get_weights(), weights, strict=True))
    assert session.next_seed() == before
