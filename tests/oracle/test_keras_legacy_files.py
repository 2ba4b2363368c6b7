"""Legacy `.h5` files: each library loads the files of the other, with equal outputs and state."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import scallion
from keras_2_files import KERAS_2, save_keras_2

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(2).random((20, 8, 8, 1), dtype=np.float32)
Y = np.arange(20) % 3


def stack(k: Any) -> Any:
    layers = [k.layers.Conv2D(4, 3, activation="relu"), k.layers.BatchNormalization()]
    return k.Sequential(
        [k.Input((8, 8, 1)), *layers, k.layers.Dropout(0.2), k.layers.Flatten(), k.layers.Dense(3)],
        name="stack",
    )


def nested(k: Any) -> Any:
    """Return a network with an inner one that is used twice, and a frozen layer."""
    start = k.Input((8, 8, 1), name="image")
    inner = k.Sequential(
        [k.Input((8, 8, 4)), k.layers.Conv2D(4, 3, padding="same"), k.layers.BatchNormalization()],
        name="inner",
    )
    x = k.layers.Conv2D(4, 3, padding="same", name="zz", trainable=False)(start)
    x = inner(k.layers.Add(name="sum")([x, inner(x)]))
    x = k.layers.GlobalMaxPooling2D(name="pool")(k.layers.ReLU(name="relu")(x))
    return k.Model(start, k.layers.Dense(3, name="aa")(x), name="nested")


def compiled(k: Any, make: Callable[[Any], Any], scheduled: bool) -> Any:
    model = make(k)
    generator = np.random.default_rng(4)
    model.set_weights([generator.uniform(0.1, 0.5, w.shape) for w in model.get_weights()])
    rate = k.optimizers.schedules.CosineDecay(0.1, 100) if scheduled else 1e-3
    kind = k.optimizers.SGD(rate, momentum=0.9) if scheduled else k.optimizers.Adam(rate)
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    metrics = ["accuracy", k.metrics.SparseTopKCategoricalAccuracy(k=2)]
    model.compile(kind, loss, metrics=metrics)
    model.fit(X, Y, batch_size=5, verbose=0, shuffle=False)
    return model


def evaluated(model: Any) -> np.ndarray:
    return np.array(model.evaluate(X, Y, verbose=0))


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("make", [stack, nested])
@pytest.mark.parametrize(("here", "there"), [(scallion, keras), (keras, scallion)])
def test_the_other_library_loads_the_model(
    here: Any, there: Any, make: Callable[[Any], Any], scheduled: bool, tmp_path: Path
) -> None:
    model = compiled(here, make, scheduled)
    model.save(tmp_path / "model.h5")
    opened = there.models.load_model(tmp_path / "model.h5")
    assert [layer.name for layer in opened.layers] == [layer.name for layer in model.layers]
    expected, found = model.predict(X, verbose=0), opened.predict(X, verbose=0)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(evaluated(opened), evaluated(model), rtol=1e-4)
    # Keras itself restores only the counter and the rate: its `load_model` passes no variables.
    assert int(opened.optimizer.iterations) == int(model.optimizer.iterations) == 4
    assert float(opened.optimizer.learning_rate) == pytest.approx(
        float(model.optimizer.learning_rate)
    )


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("make", [stack, nested])
def test_both_files_have_one_layout(
    make: Callable[[Any], Any], scheduled: bool, tmp_path: Path
) -> None:
    """Keras' file, read and saved again here, has the same groups, names and configs."""
    compiled(keras, make, scheduled).save(tmp_path / "keras.h5")
    scallion.models.load_model(tmp_path / "keras.h5").save(tmp_path / "scallion.h5")
    with h5py.File(tmp_path / "keras.h5") as theirs, h5py.File(tmp_path / "scallion.h5") as ours:
        assert _layout(ours) == _layout(theirs)
        training = "training_config"
        assert json.loads(ours.attrs[training]) == json.loads(theirs.attrs[training])
        for name, array in _layout(theirs).items():
            if array is not None:
                np.testing.assert_array_equal(ours[name][()], theirs[name][()])


def _layout(file: h5py.File) -> dict[str, Any]:
    """Return each group (None) and array (its shape and type) with its path."""
    found: dict[str, Any] = {}

    def visit(name: str, entry: Any) -> None:
        is_array = isinstance(entry, h5py.Dataset)
        found[name] = (entry.shape, entry.dtype.str) if is_array else None

    file.visititems(visit)
    return found


def test_an_optimizer_without_steps_is_read(tmp_path: Path) -> None:
    model = stack(keras)
    model.compile(keras.optimizers.Adam(0.5), "mse")
    # In this order: saving `.h5` takes the optimizer out of Keras' compile config.
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        opened = scallion.models.load_model(tmp_path / name)
        assert (opened.optimizer.iterations, opened.optimizer.learning_rate) == (0, 0.5)


def test_keras_reads_weights_and_a_functional_model_of_keras_2(tmp_path: Path) -> None:
    """The config gives Keras the same network."""
    arrays = [np.array([value], np.float32) for value in (2.0, 1.0, 0.5, 4.0)]
    path = save_keras_2(tmp_path / "old.h5", KERAS_2, {"a": [], "b": arrays, "c": []})
    x = X[:, :6, :6]
    theirs = keras.models.load_model(path).predict(x, verbose=0)
    ours = scallion.models.load_model(path).predict(x, verbose=0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_a_refused_name_of_weights_is_refused_by_keras_too(tmp_path: Path) -> None:
    for library in (keras, scallion):
        with pytest.raises(ValueError, match=r"weights\.h5"):
            stack(library).save_weights(tmp_path / "model.h5")


@pytest.mark.parametrize("name", ["m.h5", "m.weights.h5", "m.keras"])
@pytest.mark.parametrize("by_name", [False, True])
def test_skipped_layers_are_those_that_keras_skips(
    by_name: bool, name: str, tmp_path: Path
) -> None:
    """A file of Keras, loaded into a network whose last layer has another size."""
    if by_name and name != "m.h5":
        pytest.skip("`by_name` is for legacy files")

    def make(k: Any, classes: int) -> Any:
        layers = [k.layers.Conv2D(4, 3, name="eye"), k.layers.Flatten(name="flat")]
        last = k.layers.Dense(classes, name="answer")
        return k.Sequential([k.Input((8, 8, 1)), *layers, last])

    source = make(keras, 3)
    (source.save_weights if name == "m.weights.h5" else source.save)(tmp_path / name)
    models = [make(library, 5) for library in (keras, scallion)]
    generator = np.random.default_rng(3)
    start = [generator.random(w.shape, np.float32) for w in models[0].get_weights()]
    options = {"by_name": True} if by_name else {}
    for model in models:
        model.set_weights(start)
        model.load_weights(tmp_path / name, skip_mismatch=True, **options)
    assert not np.array_equal(start[0], models[0].get_weights()[0])
    for theirs, ours in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
