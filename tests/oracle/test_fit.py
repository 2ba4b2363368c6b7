"""fit, evaluate and predict match Keras from equal data and weights."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scallion
from scallion.engine import native

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore"),
]

CLASSES = 4
IMAGES = 70  # so the last batch of 16 is incomplete


@pytest.fixture(params=["reference", "native"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native" and not native.is_available():
        pytest.skip("the compiled engine is missing")
    monkeypatch.setenv("SCALLION_ENGINE", request.param)


def data(images: int = IMAGES, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.random((images, 10, 10, 3)), generator.integers(0, CLASSES, images)


def network(k: Any) -> Any:
    start = k.Input((10, 10, 3))
    x = k.layers.Conv2D(6, 3, activation="relu")(start)
    x = k.layers.MaxPooling2D()(x)
    x = k.layers.Flatten()(x)
    return k.Model(start, k.layers.Dense(CLASSES, activation="softmax")(x))


def twins(compiled: Callable[[Any, Any], None], make: Callable[[Any], Any] = network) -> Any:
    """Return the same compiled network in Scallion and Keras, with equal weights."""
    ours, theirs = make(scallion), make(keras)
    generator = np.random.default_rng(7)
    weights = [generator.normal(0, 0.1, w.shape).astype(np.float32) for w in ours.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    compiled(ours, scallion)
    compiled(theirs, keras)
    return ours, theirs


def with_sgd(model: Any, k: Any) -> None:
    model.compile(
        k.optimizers.SGD(0.05, momentum=0.9),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=["acc"],
    )


def assert_same_history(ours: Any, theirs: Any, tolerance: float = 1e-4) -> None:
    assert list(ours.history) == list(theirs.history)
    assert ours.epoch == theirs.epoch
    assert ours.params == theirs.params
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=tolerance, atol=1e-6)


FITS: dict[str, dict[str, Any]] = {
    "plain": {},
    "labels of shape (n, 1)": {"y": lambda y: y[:, None]},
    "labels as floats": {"y": lambda y: y.astype(np.float64)},
    "a split for validation": {"validation_split": 0.3},
    "validation data": {"validation_data": data(20, seed=9)},
    "weighted validation data": {"validation_data": (*data(20, seed=9), np.linspace(0, 2, 20))},
    "validation every other epoch": {"validation_data": data(20, seed=9), "validation_freq": 2},
    "validation in named epochs": {"validation_data": data(20, seed=9), "validation_freq": [1, 3]},
    "a weight a class": {"class_weight": {0: 2.0, 3: 0.5}, "validation_split": 0.2},
    "a weight an image": {"sample_weight": np.linspace(0, 3, IMAGES)},
    "a weight an image in a column": {"sample_weight": np.linspace(0, 3, IMAGES)[:, None]},
    "a later start": {"initial_epoch": 1},
    "fewer steps than batches": {"steps_per_epoch": 2},
    "more steps than batches": {"steps_per_epoch": 9},
    "steps without a batch size": {"steps_per_epoch": 3, "batch_size": None},
    "no epoch": {"epochs": 0},
    "validation steps": {"validation_data": data(40, seed=9), "validation_steps": 2},
    "validation batches of their own": {"validation_split": 0.5, "validation_batch_size": 5},
}


@pytest.mark.parametrize("name", FITS)
def test_fit_gives_the_same_history_and_weights(name: str) -> None:
    ours, theirs = twins(with_sgd)
    x, y = data()
    options = dict(FITS[name])
    y = options.pop("y", lambda labels: labels)(y)
    arguments = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0} | options
    history, expected = ours.fit(x, y, **arguments), theirs.fit(x, y, **arguments)
    assert_same_history(history, expected)
    for mine, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.abs(mine - their).max() <= 1e-4 * np.abs(their).max()


def test_evaluate_and_predict_match_keras() -> None:
    ours, theirs = twins(with_sgd)
    x, y = data()
    weights = np.linspace(0, 3, IMAGES)
    for options in ({}, {"sample_weight": weights}, {"batch_size": 16, "steps": 2}):
        mine = ours.evaluate(x, y, verbose=0, **options)
        np.testing.assert_allclose(mine, theirs.evaluate(x, y, verbose=0, **options), rtol=1e-5)
    named = ours.evaluate(x, y, verbose=0, return_dict=True)
    assert list(named) == list(theirs.evaluate(x, y, verbose=0, return_dict=True))
    np.testing.assert_allclose(
        ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        ours.predict_on_batch(x[:5]), theirs.predict_on_batch(x[:5]), rtol=1e-5, atol=1e-6
    )


def test_single_batch_methods_match_keras() -> None:
    ours, theirs = twins(with_sgd)
    x, y = data()
    for options in ({}, {"class_weight": {1: 3.0}}, {"sample_weight": np.linspace(0, 3, IMAGES)}):
        np.testing.assert_allclose(
            ours.train_on_batch(x, y, **options), theirs.train_on_batch(x, y, **options), rtol=1e-5
        )
    assert list(ours.test_on_batch(x, y, return_dict=True)) == list(
        theirs.test_on_batch(x, y, return_dict=True)
    )
    np.testing.assert_allclose(ours.test_on_batch(x, y), theirs.test_on_batch(x, y), rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        ("categorical_crossentropy", lambda y: np.eye(CLASSES)[y]),
        ("crossentropy", lambda y: y),
        ("ce", lambda y: np.eye(CLASSES, dtype=np.float32)[y]),
        ("mse", lambda y: np.eye(CLASSES)[y]),
    ],
)
def test_training_with_other_losses_matches_keras(
    loss: str, labels: Callable[[np.ndarray], np.ndarray]
) -> None:
    ours, theirs = twins(lambda m, k: m.compile(k.optimizers.SGD(0.05), loss, metrics=["accuracy"]))
    x, y = data()
    arguments = {"epochs": 2, "batch_size": 16, "shuffle": False, "verbose": 0}
    assert_same_history(ours.fit(x, labels(y), **arguments), theirs.fit(x, labels(y), **arguments))


def sparing(model: Any, k: Any, **spared: Any) -> Any:
    optimizer = k.optimizers.SGD(0.05, weight_decay=0.2)
    optimizer.exclude_from_weight_decay(**spared)
    return optimizer


BESIDE_THE_FORMULA: dict[str, Callable[[Any, Any], Any]] = {
    "averages": lambda _, k: k.optimizers.SGD(0.05, 0.9, use_ema=True, ema_momentum=0.8),
    "averages that are put in": lambda _, k: k.optimizers.SGD(
        0.05, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3
    ),
    "averages of mean gradients": lambda _, k: k.optimizers.SGD(
        0.05, use_ema=True, ema_overwrite_frequency=2, gradient_accumulation_steps=2
    ),
    "decay": lambda _, k: k.optimizers.SGD(0.05, weight_decay=0.2),
    "decay without biases": lambda m, k: sparing(m, k, var_names=["bias"]),
    "decay without a layer": lambda m, k: sparing(m, k, var_list=m.layers[-1].weights),
    "small gradients": lambda _, k: k.optimizers.SGD(0.05, global_clipnorm=0.1),
}


@pytest.mark.parametrize("name", BESIDE_THE_FORMULA)
def test_optimizer_options_in_fit_match_keras(name: str) -> None:
    made = BESIDE_THE_FORMULA[name]
    loss = "sparse_categorical_crossentropy"
    ours, theirs = twins(lambda m, k: m.compile(made(m, k), loss, metrics=["accuracy"]))
    arguments = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0}
    arguments["validation_data"] = data(20, seed=9)
    assert_same_history(ours.fit(*data(), **arguments), theirs.fit(*data(), **arguments))
    for mine, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.abs(mine - their).max() <= 1e-4 * np.abs(their).max()


def branches(k: Any) -> Any:
    left, right = k.Input((10, 10, 3), name="left"), k.Input((10, 10, 3), name="right")
    x = k.layers.Flatten()(k.layers.Conv2D(3, 3, name="shared")(left))
    y = k.layers.Flatten()(k.layers.Conv2D(3, 5, name="other")(right))
    first = k.layers.Dense(CLASSES, activation="softmax", name="first")(x)
    second = k.layers.Dense(2, activation="softmax", name="second")(y)
    return k.Model([left, right], [first, second])


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "sparse_categorical_crossentropy", "metrics": [["accuracy"], ["accuracy"]]},
        {
            "loss": ["sparse_categorical_crossentropy", "sparse_categorical_crossentropy"],
            "loss_weights": [1.0, 0.25],
            "metrics": ["accuracy", None],
        },
        {
            "loss": dict.fromkeys(("first", "second"), "sparse_categorical_crossentropy"),
            "loss_weights": {"first": 2.0, "second": 0.5},
            "metrics": {"second": ["accuracy", "acc"]},
        },
    ],
)
def test_several_inputs_and_outputs_match_keras(options: dict[str, Any]) -> None:
    ours, theirs = twins(lambda m, k: m.compile(k.optimizers.SGD(0.02), **options), branches)
    (x, first), (other, second) = data(), data(seed=8)
    arguments = {"epochs": 2, "batch_size": 16, "shuffle": False, "verbose": 0}
    history = ours.fit([x, other], [first, second % 2], **arguments)
    assert_same_history(history, theirs.fit([x, other], [first, second % 2], **arguments))
    np.testing.assert_allclose(
        ours.evaluate({"left": x, "right": other}, [first, second % 2], verbose=0),
        theirs.evaluate({"left": x, "right": other}, [first, second % 2], verbose=0),
        rtol=1e-4,
    )


def test_adam_stays_close_on_the_lessons_network() -> None:
    def lesson(model: Any, k: Any) -> None:
        loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=k.optimizers.Adam(1e-4), loss=loss, metrics=["accuracy"])

    def logits(k: Any) -> Any:
        start = k.Input((10, 10, 3))
        x = k.layers.MaxPooling2D((2, 2))(k.layers.Conv2D(8, (3, 3), activation="relu")(start))
        x = k.layers.Dense(16, activation="relu")(k.layers.Flatten()(x))
        return k.Model(inputs=start, outputs=k.layers.Dense(CLASSES)(x))

    ours, theirs = twins(lesson, logits)
    x, y = data()
    arguments = {"epochs": 5, "validation_data": data(20, seed=9), "shuffle": False, "verbose": 0}
    assert_same_history(ours.fit(x, y, **arguments), theirs.fit(x, y, **arguments), 1e-3)


def test_missing_and_extra_axes_are_handled_as_in_keras() -> None:
    def gray(k: Any) -> Any:
        start = k.Input((10, 10, 1))
        return k.Model(start, k.layers.Dense(CLASSES)(k.layers.Flatten()(start)))

    ours, theirs = twins(with_sgd, gray)
    images = data()[0][..., 0]
    for x in (images, images[..., None], images[..., None, None]):
        np.testing.assert_allclose(
            ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("kind", ["uint8", "int16", "int64", "float16", "float32", "bool"])
def test_images_of_any_dtype_match_keras(kind: str) -> None:
    ours, theirs = twins(with_sgd)
    x = (data()[0] * 3).astype(kind)
    np.testing.assert_allclose(
        ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-6
    )


def test_sequential_models_are_named_and_built_as_in_keras() -> None:
    for k in (scallion, keras):
        if k is keras:
            keras.utils.clear_session()
        model = k.Sequential([k.layers.Flatten(), k.layers.Dense(3)])
        assert (model.name, model.built) == ("sequential", False)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(data()[0], data()[1] % 3, verbose=0)
        assert (model.built, model.input_shape) == (True, (None, 10, 10, 3)) or k is keras
        assert [layer.name for layer in model.layers] == ["flatten", "dense"]
        assert [w.path for w in model.weights][-1].endswith("dense/bias")
        assert k.Sequential().name == "sequential_1"
        assert network(k).name == "functional" or k is keras
