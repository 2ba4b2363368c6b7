"""`.keras` files: each library loads the files of the other, with equal outputs."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion.runs import Settings, prepare, train
from stripes import save_stripes

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def residual(k: Any) -> Any:
    start = k.Input((9, 9, 3))
    x = k.layers.Rescaling(1 / 2, 0.1)(start)
    x = k.layers.Conv2D(4, 3, padding="same", strides=2, use_bias=False)(x)
    x = k.layers.ReLU(max_value=6.0)(k.layers.BatchNormalization(momentum=0.8)(x))
    y = k.layers.Conv2D(4, (3, 1), padding="same", dilation_rate=2, activation="relu")(x)
    x = k.layers.Add()([x, y])
    x = k.layers.AveragePooling2D((2, 1), strides=1)(k.layers.MaxPooling2D(2, padding="same")(x))
    x = k.layers.Dropout(0.3)(k.layers.Activation("relu")(x))
    pooled = k.layers.GlobalAveragePooling2D()(x)
    flat = k.layers.Dense(4)(k.layers.Flatten()(x))
    return k.Model(start, k.layers.Softmax()(k.layers.Add()([pooled, flat])))


def shared(k: Any) -> Any:
    left, right = k.Input((6, 6, 3), name="left"), k.Input((6, 6, 3), name="right")
    both = k.layers.Conv2D(2, 3, name="eye")
    x = k.layers.Add()([both(left), both(right)])
    flat = k.layers.Flatten()(x)
    return k.Model([left, right], [k.layers.Dense(3)(flat), k.layers.Dense(2)(flat)], name="pair")


def stack(k: Any) -> Any:
    return k.Sequential(
        [k.Input((5, 5, 1)), k.layers.Flatten(), k.layers.Dense(4, "relu"), k.layers.Dense(2)]
    )


def operations(k: Any) -> Any:
    ops = k.ops
    start = k.Input((6, 5, 3))
    x = ops.maximum(k.layers.Dense(3)(start), 0.25) + np.linspace(0, 1, 15).reshape(5, 3)
    x = ops.sqrt(x) / ops.mean(x, axis=1, keepdims=True) * np.array([0.5, 1.0, 2.0])
    parts = [
        ops.sum(ops.log(x[:, 1:, ::2]), axis=(1, 3)),
        ops.normalize(ops.max(x, axis=1)[:, :, 0]),
        1 / ops.norm(x, axis=(1, 2)),
        k.layers.UnitNormalization()(ops.matmul(x[:, 0, 0], np.ones((3, 2), "float32"))),
    ]
    return k.Model(start, k.layers.Dense(2)(ops.concatenate(parts, axis=-1)))


NETWORKS: list[Callable[[Any], Any]] = [residual, shared, stack]


def images(model: Any, count: int = 6) -> Any:
    generator = np.random.default_rng(2)
    shapes = [tensor.shape[1:] for tensor in model.inputs]
    arrays = [generator.random((count, *shape), dtype=np.float32) for shape in shapes]
    return arrays[0] if len(arrays) == 1 else arrays


def randomise(model: Any) -> None:
    generator = np.random.default_rng(4)
    model.set_weights([generator.uniform(0.1, 0.5, w.shape) for w in model.get_weights()])


def assert_same_outputs(ours: Any, theirs: Any) -> None:
    x = images(ours)
    mine, their = ours.predict(x, verbose=0), theirs.predict(x, verbose=0)
    for a, b in zip(*(v if isinstance(v, list) else [v] for v in (mine, their)), strict=True):
        assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max()


@pytest.mark.parametrize("make", NETWORKS)
def test_keras_loads_scallions_files(make: Callable[[Any], Any], tmp_path: Path) -> None:
    model = make(scallion)
    randomise(model)
    model.save(tmp_path / "model.keras")
    opened = keras.models.load_model(tmp_path / "model.keras")
    assert type(opened).__name__ == ("Sequential" if make is stack else "Functional")
    assert [layer.name for layer in opened.layers] == [layer.name for layer in model.layers]
    assert opened.name == model.name
    assert_same_outputs(model, opened)


def test_keras_loads_operations_with_their_constants(tmp_path: Path) -> None:
    model = operations(scallion)
    theirs = operations(keras)
    randomise(model)
    theirs.set_weights(model.get_weights())
    assert_same_outputs(model, theirs)
    model.save(tmp_path / "model.keras")
    opened = keras.models.load_model(tmp_path / "model.keras")
    assert opened.count_params() == theirs.count_params() == model.count_params()
    assert_same_outputs(model, opened)
    assert_same_outputs(scallion.models.load_model(tmp_path / "model.keras"), opened)


@pytest.mark.parametrize("make", NETWORKS)
def test_scallion_loads_keras_files(make: Callable[[Any], Any], tmp_path: Path) -> None:
    model = make(keras)
    randomise(model)
    model.save(tmp_path / "model.keras")
    opened = scallion.models.load_model(tmp_path / "model.keras")
    assert [layer.name for layer in opened.layers] == [layer.name for layer in model.layers]
    assert opened.name == model.name
    assert_same_outputs(opened, model)


@pytest.mark.parametrize("make", NETWORKS)
def test_scallion_loads_its_own_files(make: Callable[[Any], Any], tmp_path: Path) -> None:
    model = make(scallion)
    randomise(model)
    model.save(tmp_path / "model.keras")
    assert_same_outputs(model, scallion.models.load_model(tmp_path / "model.keras"))


OPTIMIZERS = {
    "sgd": lambda k: k.optimizers.SGD(0.01),
    "momentum": lambda k: k.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "adam": lambda k: k.optimizers.Adam(1e-3),
    "amsgrad": lambda k: k.optimizers.Adam(1e-3, amsgrad=True),
    "adamw": lambda k: k.optimizers.AdamW(1e-3, weight_decay=0.01),
    "rmsprop": lambda k: k.optimizers.RMSprop(1e-3, momentum=0.5, centered=True),
    "averaged": lambda k: k.optimizers.Adam(1e-3, use_ema=True, ema_momentum=0.9),
    "accumulating": lambda k: k.optimizers.SGD(0.01, momentum=0.9, gradient_accumulation_steps=3),
    "scheduled": lambda k: k.optimizers.Adam(k.optimizers.schedules.ExponentialDecay(1e-2, 3, 0.5)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("here", "there"), [(scallion, keras), (keras, scallion)])
def test_training_continues_in_the_other_library(
    name: str, here: Any, there: Any, tmp_path: Path
) -> None:
    model = stack(here)
    randomise(model)
    loss = here.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(OPTIMIZERS[name](here), loss, metrics=["accuracy"])
    x, y = images(model, 20), np.arange(20) % 2
    model.fit(x, y, batch_size=5, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    opened = there.models.load_model(tmp_path / "model.keras")
    again = here.models.load_model(tmp_path / "model.keras")
    expected = model.fit(x, y, batch_size=5, epochs=2, verbose=0, shuffle=False).history
    for other in (opened, again):
        history = other.fit(x, y, batch_size=5, epochs=2, verbose=0, shuffle=False).history
        assert list(history) == list(expected)
        for key, values in expected.items():
            np.testing.assert_allclose(history[key], values, rtol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
        {"loss": keras.losses.sparse_categorical_crossentropy, "weighted_metrics": ["acc"]},
        {"loss": "crossentropy", "metrics": [keras.metrics.SparseTopKCategoricalAccuracy(k=2)]},
    ],
)
def test_keras_compile_config_is_read(options: dict[str, Any], tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((5, 5, 1)), keras.layers.Flatten(), keras.layers.Dense(4, "softmax")]
    )
    model.compile("sgd", **options)
    model.save(tmp_path / "model.keras")
    opened = scallion.models.load_model(tmp_path / "model.keras")
    x, y = images(model, 12), np.arange(12) % 4
    np.testing.assert_allclose(
        opened.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-5
    )


ALONE = """
import json, os, sys
import keras
import numpy as np
path, images, labels = sys.argv[1:]
model = keras.models.load_model(path)
x, y = np.load(images), np.load(labels)
answers = model.predict(x, verbose=0)
tested = model.evaluate(x, y, verbose=0, return_dict=True)
model.fit(x, y, epochs=1, verbose=0)
said = {"answers": answers.tolist(), "tested": {k: float(v) for k, v in tested.items()}}
print(json.dumps({**said, "strangers": [name for name in sys.modules if "scallion" in name]}))
"""


def test_keras_alone_loads_the_model_of_a_run(
    tmp_path: Path,
) -> None:
    with np.load(save_stripes(tmp_path)) as arrays:
        parts = dict(arrays)
    # Three times as many, because out-of-distribution detection needs validation images.
    for name in ("x_train", "y_train"):
        parts[name] = np.concatenate([parts[name]] * 3)
    np.savez(tmp_path / "more.npz", **parts)
    settings = Settings(str(tmp_path / "more.npz"), model="quick", epochs=2, out=tmp_path)
    path = train(prepare(settings)).run.model
    with zipfile.ZipFile(path) as archive:
        own = json.loads(archive.read("scallion.json"))
    assert own.keys() >= {
        "format_version",
        "metadata",
        "scallion_version",
        "seed",
        "verification",
    }
    assert own["metadata"].keys() >= {
        "class_names",
        "preprocessing",
        "input",
        "out_of_distribution",
    }
    x, y = parts["x_test"][..., None], parts["y_test"]
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(path), str(tmp_path / "x.npy"), str(tmp_path / "y.npy")],
        env={**environment, "KERAS_BACKEND": "torch"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["strangers"] == []
    ours = scallion.models.load_model(path)
    wanted = ours.predict(x, verbose=0)
    assert np.abs(np.array(said["answers"]) - wanted).max() <= 1e-5 * np.abs(wanted).max()
    tested = ours.evaluate(x, y, verbose=0, return_dict=True)
    assert said["tested"] == pytest.approx(tested, rel=1e-4)


def test_a_lambda_layer_raises_with_its_name(tmp_path: Path) -> None:
    start = keras.Input((5, 5, 1))
    model = keras.Model(start, keras.layers.Lambda(lambda x: x + 1, name="plus")(start))
    model.save(tmp_path / "model.keras")
    with pytest.raises(scallion.errors.UnsupportedError, match="'plus' is a Lambda"):
        scallion.models.load_model(tmp_path / "model.keras")


def test_an_unsupported_layer_raises_with_its_name(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5, 5)), keras.layers.LSTM(3, name="memory")])
    model.save(tmp_path / "model.keras")
    with pytest.raises(scallion.errors.UnsupportedError, match="'memory' is a LSTM"):
        scallion.models.load_model(tmp_path / "model.keras")
