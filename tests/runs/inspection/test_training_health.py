"""Dead units and gradient sizes of models."""

import numpy as np
import pytest

from scallion import layers, session
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models import Model, Sequential
from scallion.runs.inspection.training_health import (
    dead_units,
    normalization_effect,
    relative_gradients,
)


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


def test_moving_averages_that_are_cold_are_measured() -> None:
    generator = np.random.default_rng(3)
    x, y = generator.normal(5, 3, (64, 4, 4, 1)), np.arange(64) % 2
    x[y == 1] += 3
    parts = [layers.Input((4, 4, 1)), layers.Flatten()]
    parts += [layers.BatchNormalization(name="bn"), layers.Dense(2)]
    model = Sequential(parts)
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, epochs=20, batch_size=16, verbose=0)
    before = model.get_weights()
    effect = normalization_effect(model, x, y)
    assert effect is not None
    assert effect.layer == "bn"
    assert effect.moving_loss > effect.batch_loss + 0.1
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    weights = model.get_weights()
    values = x.reshape(64, -1).astype(np.float32)
    model.set_weights([*weights[:2], values.mean(axis=0), values.var(axis=0), *weights[4:]])
    warm = normalization_effect(model, x, y)
    assert warm is not None
    assert abs(warm.moving_loss - warm.batch_loss) < 0.01


def test_models_without_normalization_have_no_effect_of_it() -> None:
    model = Sequential([layers.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2)])
    assert normalization_effect(model, np.zeros((8, 4, 4, 1)), np.zeros(8, int)) is None
