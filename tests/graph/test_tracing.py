"""Custom layers and models become graphs, or are refused with the reason."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers, ops
from scallion.engine import native
from scallion.errors import ArgumentError, StateError, UnsupportedError
from subclassed_networks import NETWORKS

IMAGES = np.random.default_rng(7).uniform(size=(8, 16, 16, 3)).astype(np.float32)
LABELS = np.arange(8) % 4
LOSS = scallion.losses.SparseCategoricalCrossentropy(from_logits=True)


def made(name: str) -> scallion.Model:
    scallion.utils.set_random_seed(3)
    model = NETWORKS[name](scallion)
    model.build((None, 16, 16, 3))
    return model


@pytest.mark.skipif(not native.is_available(), reason="no compiled engine")
@pytest.mark.parametrize("name", NETWORKS)
def test_both_engines_train_alike(name: str) -> None:
    losses = []
    for engine in ("native", "reference"):
        model = made(name)
        model.compile(scallion.optimizers.SGD(0.05), LOSS, engine=engine)
        losses.append([model.train_on_batch(IMAGES, LABELS) for _ in range(2)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


@pytest.mark.filterwarnings("ignore:.*HDF5")
@pytest.mark.parametrize("name", NETWORKS)
def test_saved_as_the_functional_model_that_it_is(name: str, tmp_path: Path) -> None:
    model = made(name)
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )
    model.save(tmp_path / "model.h5")
    legacy = scallion.models.load_model(tmp_path / "model.h5")
    np.testing.assert_array_equal(
        legacy.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )
    again = NETWORKS[name](scallion)
    again.build((None, 16, 16, 3))
    again.load_weights(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


def test_a_model_is_built_by_its_first_images() -> None:
    model = NETWORKS["quickstart"](scallion)
    assert not model.built
    with pytest.raises(StateError, match="not built"):
        _ = model.graph
    model.compile("adam", LOSS, metrics=["accuracy"])
    history = model.fit(IMAGES, LABELS, epochs=2, verbose=0).history
    assert set(history) == {"loss", "accuracy"}
    assert [layer.name.rstrip("_0123456789") for layer in model.layers] == [
        "conv2d",
        "flatten",
        "dense",
        "dense",
    ]


def test_training_false_reaches_inner_layers() -> None:
    class Drop(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.drop = layers.Dropout(0.5)

        def call(self, x: Any, training: Any = None) -> Any:
            return self.drop(x, training=training)

    layer = Drop()
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    assert (np.asarray(layer(IMAGES, training=True)) == 0).mean() > 0.3
    x = scallion.Input((16, 16, 3))
    np.testing.assert_array_equal(scallion.Model(x, Drop()(x)).predict(IMAGES, verbose=0), IMAGES)


def test_freezing_a_layer_freezes_what_is_in_it() -> None:
    model = made("regularized")
    outer = model.layers[1]
    outer.trainable = False
    assert not outer.trainable_weights
    assert len(model.trainable_weights) == 2
    before = [weight.copy() for weight in outer.get_weights()]
    model.compile("sgd", LOSS)
    model.fit(IMAGES, LABELS, verbose=0)
    for found, wanted in zip(outer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, wanted)


class Branching(layers.Layer):
    def call(self, x: Any, training: Any = None) -> Any:
        return x * 2 if training else x


class DependsOnValues(layers.Layer):
    def call(self, x: Any) -> Any:
        return x if ops.mean(x, axis=(1, 2)) > 0 else -x


class Unused(layers.Layer):
    def build(self, _shape: Any) -> None:
        self.w = self.add_weight(shape=(3,), name="w")

    def call(self, x: Any) -> Any:
        return x


class NoTensor(layers.Layer):
    def call(self, _x: Any) -> Any:
        return np.zeros(3)


class Unsupported(layers.Layer):
    def call(self, x: Any) -> Any:
        return ops.sin(x)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Branching, "branch on `training`"),
        (DependsOnValues, "comparing symbolic tensors"),
        (Unused, "weight 'unused.*/w' is not used"),
        (NoTensor, "must return tensors"),
        (Unsupported, r"ops\.sin on a symbolic tensor"),
    ],
)
def test_what_a_graph_cannot_be_is_refused(kind: type[layers.Layer], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        kind()(scallion.Input((16, 16, 3)))


class DropoutInABranch(layers.Layer):
    """As in the documentation of `keras.Model`."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.dropout = layers.Dense(4), layers.Dropout(0.5, seed=1)

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.dense(x) * 2.0
        if training:
            x = self.dropout(x, training=training)
        return ops.relu(x)


class DifferentLayers(DropoutInABranch):
    def call(self, x: Any, training: bool = False) -> Any:
        return self.dense(x) if training else ops.softmax(self.dense(x))


def test_layers_of_training_alone_may_stand_in_a_branch() -> None:
    x = scallion.Input((5,))
    layer = DropoutInABranch()
    model = scallion.Model(x, layer(x))
    assert [len(one.nodes) for one in (layer.dense, layer.dropout)] == [1, 1]
    layer.dense.set_weights([np.eye(5, 4), np.ones(4)])  # above zero, so that relu hides nothing
    rows = np.ones((3, 5), np.float32)
    kernel, bias = layer.dense.get_weights()
    predicted = model.predict(rows, verbose=0)
    np.testing.assert_allclose(predicted, np.maximum(2 * (rows @ kernel + bias), 0), rtol=1e-5)
    assert not np.array_equal(model(rows, training=True), predicted)


def test_other_computations_in_a_branch_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="cannot branch on `training`"):
        DifferentLayers()(scallion.Input((5,)))


def test_tracing_a_resnet_takes_little_time() -> None:
    times = []
    for _ in range(5):
        model = NETWORKS["resnet_20"](scallion)
        before = time.process_time()
        model.build((None, 32, 32, 3))
        times.append(time.process_time() - before)
    assert min(times) < 0.05  # seconds; 3 ms where it was measured


def test_a_custom_training_step_is_refused() -> None:
    class Own(scallion.Model):
        def call(self, x: Any) -> Any:
            return x * 2

        def train_step(self, data: Any) -> Any:
            return data

    with pytest.raises(UnsupportedError, match="train_step"):
        Own().build((None, 4, 4, 3))


def test_a_layer_without_call_is_refused() -> None:
    class Nothing(layers.Layer):
        pass

    with pytest.raises(UnsupportedError, match="no method `call`"):
        Nothing()


def test_custom_layers_need_a_tensor() -> None:
    with pytest.raises(ArgumentError, match="Input or of another layer"):
        Unused()("images")
