"""Classes made from built-in layers, with a `call` of their own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers, ops
from scallion.errors import UnsupportedError

IMAGES = np.random.default_rng(0).normal(size=(8, 6, 6, 3)).astype(np.float32)


class ReluDense(layers.Dense):
    def call(self, x: Any) -> Any:
        return ops.relu(super().call(x))


class ScaledConv(layers.Conv2D):
    def __init__(self, filters: int, scale: float = 2.0, **options: Any) -> None:
        super().__init__(filters, 3, padding="same", **options)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        return super().call(inputs) * self.scale


class Normalized(layers.BatchNormalization):
    def call(self, x: Any, training: Any = False) -> Any:
        return super().call(x, training=training)


def network(layer: Any, calls: int = 1) -> Any:
    x = y = scallion.Input((6, 6, 3))
    for _ in range(calls):
        y = layer(y)
    model = scallion.Model(x, layers.Dense(2)(layers.Flatten()(y)))
    random = np.random.default_rng(1)
    model.set_weights([abs(random.normal(size=w.shape)) * 0.3 for w in model.get_weights()])
    return model


# Keras 3.15.1 on PyTorch: predictions, losses of two epochs, parameters.
WANTED: dict[str, tuple[Any, list[float], list[float], int]] = {
    "Dense": (
        lambda: network(ReluDense(4)),
        [6.418996, 6.9160805, 6.7900996, 6.8318467],
        [31.5222454, 0.9828042],
        306,
    ),
    "Conv2D": (
        lambda: network(ScaledConv(4, activation="relu")),
        [54.410526, 49.468796, 24.974737, 30.512619],
        [1003.3768311, 20.9149151],
        402,
    ),
    "BatchNormalization": (
        lambda: network(Normalized()),
        [3.0413988, 4.3724294, -1.613763, 0.793901],
        [30.3456306, 188.7750549],
        230,
    ),
    "called twice": (
        lambda: network(ReluDense(3), calls=2),
        [5.153164, 4.4013476, 4.5808964, 4.4428],
        [14.2624264, 0.5723544],
        230,
    ),
}


@pytest.mark.parametrize("name", WANTED)
def test_derived_classes_train_as_in_keras(name: str, tmp_path: Path) -> None:
    make, predictions, losses, parameters = WANTED[name]
    model = make()
    found = model.predict(IMAGES, verbose=0)
    np.testing.assert_allclose(found[:2].ravel(), predictions, rtol=1e-5)
    assert model.count_params() == parameters
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), found)
    model.compile(scallion.optimizers.SGD(0.01), "mse")
    history = model.fit(IMAGES, np.ones((8, 2)), epochs=2, verbose=0, shuffle=False)
    np.testing.assert_allclose(history.history["loss"], losses, rtol=1e-5)


def test_a_derived_layer_has_the_attributes_of_its_base() -> None:
    layer = ReluDense(4, name="first")
    rows = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    values = layer(rows)
    np.testing.assert_allclose(values, np.maximum(rows @ layer.kernel.numpy(), 0), rtol=1e-5)
    np.testing.assert_array_equal(layer(rows), values)
    assert (layer.units, layer.kernel.shape, len(layer.weights)) == (4, (3, 4), 2)
    assert layer.get_config()["units"] == 4
    layer.trainable = False
    assert not layer.trainable_weights


def test_a_layer_after_a_derived_one_acts_once() -> None:
    layer = ScaledConv(2, scale=1.0, activation=layers.LeakyReLU(0.5))
    plain = layers.Conv2D(2, 3, padding="same")
    values = layer(IMAGES)
    plain.build((None, 6, 6, 3))
    plain.set_weights(layer.get_weights())
    wanted = plain(IMAGES).numpy()
    np.testing.assert_allclose(values, np.where(wanted > 0, wanted, wanted / 2), rtol=1e-5)


def test_a_layer_without_base_has_no_call_to_inherit() -> None:
    class Nothing(layers.Layer):
        def call(self, x: Any) -> Any:
            return super().call(x)

    with pytest.raises(UnsupportedError, match=r"super\(\).call"):
        Nothing()(scallion.Input((3,)))
