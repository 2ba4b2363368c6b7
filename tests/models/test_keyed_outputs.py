"""Dicts of inputs and outputs, and calls with several outputs, as in Keras."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers
from scallion.errors import ArgumentError, DataError

GENERATOR = np.random.default_rng(0)


def two_heads(k: Any) -> Any:
    """Return a network with a dict of inputs and one of outputs."""
    a, b = k.Input((4,), name="in_a"), k.Input((3,), name="in_b")
    h = k.layers.Dense(5, activation="relu", name="h")(k.layers.Concatenate()([a, b]))
    one, two = k.layers.Dense(2, name="d_one")(h), k.layers.Dense(1, name="d_two")(h)
    model = k.Model(inputs={"zz": a, "aa": b}, outputs={"price": two, "cls": one})
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=w.shape) * 0.5 for w in model.get_weights()])
    return model


def data() -> tuple[dict[str, Any], dict[str, Any]]:
    generator = np.random.default_rng(1)
    x = {"zz": generator.random((8, 4)), "aa": generator.random((8, 3))}
    return x, {"price": generator.random((8, 1)), "cls": generator.integers(0, 2, 8)}


# Keras 3.15.1 on PyTorch, this network and data.
HISTORY = {
    "cls_accuracy": [0.5, 0.5],
    "cls_loss": [0.7725655, 0.7513211],
    "loss": [0.8294005, 0.8065224],
    "price_loss": [0.11367, 0.1104027],
    "price_mae": [0.2738912, 0.2772642],
}


def compiled(k: Any) -> Any:
    model = two_heads(k)
    model.compile(
        k.optimizers.SGD(0.1),
        loss={"price": "mse", "cls": k.losses.SparseCategoricalCrossentropy(from_logits=True)},
        metrics={"cls": ["accuracy"], "price": ["mae"]},
        loss_weights={"price": 0.5, "cls": 1.0},
    )
    return model


def test_a_dict_of_outputs_trains_by_its_keys() -> None:
    x, y = data()
    history = compiled(scallion).fit(x, y, epochs=2, shuffle=False, verbose=0).history
    assert sorted(history) == sorted(HISTORY)
    for name, wanted in HISTORY.items():
        np.testing.assert_allclose(history[name], wanted, rtol=1e-5)


def test_predictions_are_a_dict_by_key(tmp_path: Path) -> None:
    model, (x, _) = two_heads(scallion), data()
    found = model.predict(x, verbose=0)
    assert (list(found), list(model(x))) == (["cls", "price"], ["cls", "price"])
    assert {key: tensor.shape for key, tensor in model.output.items()} == {
        "cls": (None, 2),
        "price": (None, 1),
    }
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    again = loaded.predict(x, verbose=0)
    for key, values in found.items():
        np.testing.assert_array_equal(again[key], values)


def test_names_of_layers_are_no_keys() -> None:
    model, (x, _) = two_heads(scallion), data()
    with pytest.raises(DataError, match="'aa' is missing"):
        model.predict({"in_a": x["zz"], "in_b": x["aa"]}, verbose=0)
    with pytest.raises(ArgumentError, match="d_one"):
        model.compile("sgd", loss={"d_one": "mse"})
    with pytest.raises(ArgumentError, match="keys of `outputs` are text"):
        scallion.Model(model.inputs, {1: model.outputs[0]})


def test_a_model_with_several_outputs_is_part_of_another(tmp_path: Path) -> None:
    inner, (x, _) = two_heads(scallion), data()
    a, b = scallion.Input((4,)), scallion.Input((3,))
    heads = inner({"zz": a, "aa": b})
    model = scallion.Model([a, b], layers.Add()([heads["price"], heads["cls"][:, 1:]]))
    wanted = inner.predict(x, verbose=0)
    found = model.predict([x["zz"], x["aa"]], verbose=0)
    np.testing.assert_allclose(found, wanted["price"] + wanted["cls"][:, 1:], rtol=1e-6)
    assert model.count_params() == inner.count_params()
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict([x["zz"], x["aa"]], verbose=0), found)


def test_a_dict_of_one_output_stays_a_dict() -> None:
    start, other = scallion.Input((3,)), scallion.Input((3,))
    inner = scallion.Model(start, {"only": layers.Dense(2)(start)})
    found = inner(other)
    assert list(found) == ["only"]
    assert scallion.Model(other, found).predict(np.ones((2, 3)), verbose=0)["only"].shape == (2, 2)


def test_a_model_with_a_dict_of_outputs_is_exported(tmp_path: Path) -> None:
    two_heads(scallion).export(tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").exists()


class Split(layers.Layer):
    """A custom layer with several outputs."""

    def __init__(self, form: str, **options: Any) -> None:
        super().__init__(**options)
        self.form = form
        self.left, self.right = layers.Dense(2), layers.Dense(3)

    def call(self, x: Any) -> Any:
        a, b = self.left(x), self.right(x)
        return {"tuple": (a, b), "list": [a, b], "dict": {"b": b, "a": a}}[self.form]


@pytest.mark.parametrize("form", ["tuple", "list", "dict"])
def test_a_custom_layer_returns_several_tensors(form: str) -> None:
    x = scallion.Input((4,))
    layer = Split(form)
    parts, again = layer(x), layer(x * 2)
    assert type(parts).__name__ == form
    first, second = (parts["a"], parts["b"]) if form == "dict" else parts
    other = again["b"] if form == "dict" else again[1]
    model = scallion.Model(x, [first, second, other])
    rows = GENERATOR.random((5, 4)).astype(np.float32)
    found = model.predict(rows, verbose=0)
    kernels = [layer.left.get_weights()[0], layer.right.get_weights()[0]]
    for values, wanted in zip(
        found, [rows @ kernels[0], rows @ kernels[1], 2 * rows @ kernels[1]], strict=True
    ):
        np.testing.assert_allclose(values, wanted, rtol=1e-5, atol=1e-6)
    assert (len(model.weights), len(layer.weights)) == (4, 4)


class Heads(scallion.Model):
    """A subclassed model that returns a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = layers.Dense(2), layers.Dense(1)

    def call(self, x: Any) -> Any:
        return {"two": self.two(x), "one": self.one(x)}


def test_a_subclassed_model_returns_a_dict() -> None:
    model = Heads()
    rows = GENERATOR.random((6, 4))
    model.build((None, 4))
    model.compile("sgd", {"one": "mse", "two": "mae"})
    y = {"one": np.ones((6, 2)), "two": np.ones((6, 1))}
    history = model.fit(rows, y, verbose=0).history
    assert sorted(history) == ["loss", "one_loss", "two_loss"]
    assert {key: value.shape for key, value in model.predict(rows, verbose=0).items()} == {
        "one": (6, 2),
        "two": (6, 1),
    }
