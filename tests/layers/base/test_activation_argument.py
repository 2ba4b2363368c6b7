"""Layers and functions as the argument `activation`."""

from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers, ops

IMAGES = np.random.default_rng(0).normal(size=(6, 7, 8, 3)).astype(np.float32)
KINDS: dict[str, Any] = {
    "Conv2D": lambda activation: layers.Conv2D(4, 3, activation=activation),
    "Conv2DTranspose": lambda activation: layers.Conv2DTranspose(4, 3, activation=activation),
    "Dense": lambda activation: layers.Dense(4, activation=activation),
    "DepthwiseConv2D": lambda activation: layers.DepthwiseConv2D(3, activation=activation),
    "SeparableConv2D": lambda activation: layers.SeparableConv2D(4, 3, activation=activation),
    "Activation": layers.Activation,
}
ACTIVATIONS: dict[str, Any] = {
    "LeakyReLU": lambda: layers.LeakyReLU(0.1),
    "ELU": lambda: layers.ELU(0.5),
    "PReLU": lambda: layers.PReLU(alpha_initializer="ones"),
    "function": lambda: lambda x: ops.relu(x) * 2,
    "config": lambda: {"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_can_be_a_layer_or_a_function(kind: str, name: str, tmp_path: Any) -> None:
    scallion.utils.set_random_seed(3)
    start = layers.Input(IMAGES.shape[1:])
    layer = KINDS[kind](ACTIVATIONS[name]())
    plain = KINDS[kind]("linear")
    output = layer(start)
    model = scallion.Model(start, layers.Dense(2)(layers.Flatten()(output)))
    inner = scallion.Model(start, output).predict(IMAGES, verbose=0)
    plain.build((None, *IMAGES.shape[1:]))
    plain.set_weights(layer.get_weights())
    linear = np.asarray(plain(IMAGES))
    slope = {"LeakyReLU": 0.1, "config": 0.1, "PReLU": 1.0}.get(name)
    if slope is not None:
        wanted = np.where(linear > 0, linear, slope * linear)
    elif name == "ELU":
        wanted = np.where(linear > 0, linear, 0.5 * np.expm1(linear))
    else:
        wanted = np.maximum(linear, 0) * 2
    np.testing.assert_allclose(inner, wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.asarray(layer(IMAGES)), wanted, rtol=1e-5, atol=1e-5)
    model.compile("sgd", "mse")
    model.fit(IMAGES, np.zeros((6, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    again = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


@pytest.mark.parametrize("is_built", [True, False])
def test_a_sequential_has_the_activation_as_a_layer(is_built: bool) -> None:
    first = [layers.Input(IMAGES.shape[1:])] if is_built else []
    chain = [layers.Dense(4, activation=layers.LeakyReLU(0.1)), layers.Flatten()]
    model = scallion.Sequential([*first, *chain, layers.Dense(2, activation=layers.Softmax())])
    model(IMAGES)
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["Dense", "LeakyReLU", "Flatten", "Dense", "Softmax"]
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0).sum(axis=1), 1, rtol=1e-5)
