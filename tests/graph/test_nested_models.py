"""Models used as layers of other models."""

from pathlib import Path

import numpy as np
import pytest

import scallion as keras
from scallion.errors import ShapeError
from scallion.graph.nested_models import flatten_nested

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def block() -> keras.Model:
    start = keras.Input((8, 8, 2))
    x = keras.layers.Conv2D(2, 3, padding="same", activation="relu")(start)
    return keras.Model(start, keras.layers.BatchNormalization()(x), name="block")


def nested() -> tuple[keras.Model, keras.Model]:
    """Return a model that calls a block twice, and the block."""
    inner = block()
    image = keras.Input((8, 8, 2))
    x = keras.layers.Add()([inner(inner(image)), image])
    tail = keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.Flatten()], name="tail")
    return keras.Model(image, keras.layers.Dense(2)(tail(x))), inner


def written_out(inner: keras.Model, outer: keras.Model) -> keras.Model:
    """Return the same network without inner models, on the same layers."""
    image = keras.Input((8, 8, 2))
    x = image
    for _ in range(2):
        for layer in inner.layers[1:]:
            x = layer(x)
    x = keras.layers.Add()([x, image])
    for layer in (*outer.get_layer("tail").layers, outer.layers[-1]):
        x = layer(x)
    return keras.Model(image, x)


def images(count: int = 20) -> np.ndarray:
    return np.random.default_rng(0).random((count, 8, 8, 2), dtype=np.float32)


def test_predictions_and_training_match_the_inner_layers() -> None:
    outer, inner = nested()
    plain = written_out(inner, outer)
    np.testing.assert_array_equal(outer.predict(images(), verbose=0), plain.predict(images()))
    before = outer.get_weights()
    outer.compile("sgd", LOSS)
    outer.seed = 1
    losses = outer.fit(images(), np.arange(20) % 2, epochs=2, verbose=0).history["loss"]
    learned = outer.get_weights()
    outer.set_weights(before)
    plain.compile("sgd", LOSS)
    plain.seed = 1
    assert plain.fit(images(), np.arange(20) % 2, epochs=2, verbose=0).history["loss"] == losses
    for a, b in zip(learned, outer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_and_layers_are_listed_as_in_keras() -> None:
    # Listed by Keras 3.15 for the same network.
    outer, inner = nested()
    assert [layer.kind for layer in outer.layers] == [
        "InputLayer",
        "Functional",
        "Add",
        "Sequential",
        "Dense",
    ]
    assert [w.name for w in outer.weights] == [
        *("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"),
        *("kernel", "bias", "kernel", "bias"),
    ]
    assert (outer.count_params(), len(outer.trainable_weights)) == (321, 8)
    assert outer.get_layer("block") is inner
    assert inner.nodes[0].output.shape == (None, 8, 8, 2)


def test_summary_shows_inner_layers_if_expanded(capsys: pytest.CaptureFixture[str]) -> None:
    outer, _ = nested()
    outer.summary()
    short = capsys.readouterr().out
    outer.summary(expand_nested=True)
    long = capsys.readouterr().out
    assert "block (Functional)" in short
    assert "Conv2D" not in short
    assert long.count("└ ") == 5
    for text in (short, long):
        assert "Total params: 321 (1.25 KB)" in text


def test_a_frozen_inner_model_does_not_change() -> None:
    outer, inner = nested()
    inner.trainable = False
    outer.compile("sgd", LOSS)
    before = [w.copy() for w in outer.get_weights()]
    outer.fit(images(), np.arange(20) % 2, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, outer.get_weights(), strict=True)]
    assert changed == [False] * 6 + [True] * 4


def test_files_and_clones_contain_inner_models(tmp_path: Path) -> None:
    outer, _ = nested()
    wanted = outer.predict(images(), verbose=0)
    outer.save(tmp_path / "nested.keras")
    again = keras.models.load_model(tmp_path / "nested.keras")
    np.testing.assert_array_equal(again.predict(images(), verbose=0), wanted)
    copy = keras.models.clone_model(outer)
    assert copy.get_layer("block") is not outer.get_layer("block")
    copy.set_weights(outer.get_weights())
    np.testing.assert_array_equal(copy.predict(images(), verbose=0), wanted)
    read = keras.models.model_from_json(outer.to_json())
    assert [layer.name for layer in read.layers] == [layer.name for layer in outer.layers]


def test_inner_models_may_share_layer_names() -> None:
    def part() -> keras.Model:
        start = keras.Input((4,))
        return keras.Model(start, keras.layers.Dense(4, name="same")(start))

    image = keras.Input((4,))
    model = keras.Model(image, part()(part()(image)))
    assert model.predict(np.ones((2, 4)), verbose=0).shape == (2, 4)


def test_inner_models_of_inner_models_are_flattened() -> None:
    image = keras.Input((8, 8, 2))
    deep = keras.Sequential([keras.Sequential([block()]), keras.layers.Flatten()])
    graph = flatten_nested(keras.Model(image, deep(image)).graph)
    assert [node.layer.kind for node in graph.nodes] == [
        "InputLayer",
        "Conv2D",
        "BatchNormalization",
        "Flatten",
    ]


def test_a_sequential_without_input_takes_the_callers_shape() -> None:
    inner = keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.Flatten()])
    image = keras.Input((5, 5, 1))
    assert inner(image).shape == (None, 27)
    assert inner.built


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"takes \(None, 8, 8, 2\).*Received: \(None, 9, 9, 2\)"):
        block()(keras.Input((9, 9, 2)))


def test_an_inner_model_may_have_several_outputs() -> None:
    start, other = keras.Input((3,)), keras.Input((3,))
    pair = keras.Model(start, [keras.layers.Dense(1)(start), keras.layers.Dense(2)(start)])
    first, second = pair(other)
    outer = keras.Model(other, keras.layers.Concatenate()([second, first]))
    rows = np.random.default_rng(0).random((4, 3))
    found, (one, two) = outer.predict(rows, verbose=0), pair.predict(rows, verbose=0)
    np.testing.assert_array_equal(found, np.concatenate([two, one], axis=-1))
