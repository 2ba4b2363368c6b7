"""Callbacks hear what Keras' hear, and decide as Keras' do: the same hooks, logs, files, words."""

import os
import warnings
from collections.abc import Callable
from inspect import signature
from itertools import product
from typing import Any

import numpy as np
import pytest

import scallion
from contract import Case, assert_same_error, case
from scallion import callbacks

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

HOOKS = sorted(name for name in vars(keras.callbacks.Callback) if name.startswith("on_"))
NOT_COMPARED = ("CallbackList", "RemoteMonitor", "SwapEMAWeights", "TensorBoard")
SIDES = ((scallion, callbacks), (keras, keras.callbacks))


# What is heard


def network(package: Any) -> Any:
    """The same small network, with the same weights, in either house."""
    start = package.Input((6,))
    hidden = package.layers.Dense(5, activation="tanh")(start)
    model = package.Model(start, package.layers.Dense(3, activation="softmax")(hidden))
    random = np.random.default_rng(3)
    model.set_weights([random.normal(size=w.shape).astype("f") for w in model.get_weights()])
    model.compile(
        package.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def data(images: int = 50) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(images)
    return random.normal(size=(images, 6)).astype(np.float32), random.integers(0, 3, images)


def recorder(room: Any, at: Callable[[Any, str, int], None] = lambda *_: None) -> Any:
    """A callback that writes down each hook with what it is given; `at` may act on the model."""
    heard: list[tuple[str, int | None, list[str], list[float]]] = []

    def hook(name: str) -> Any:
        def listen(self: Any, *arguments: Any, logs: Any = None) -> None:
            place = arguments[0] if arguments and isinstance(arguments[0], int) else None
            given = logs if logs is not None or not arguments else arguments[-1]
            given = given if isinstance(given, dict) else {}
            means = [np.mean(value) for key, value in given.items() if key != "outputs"]
            heard.append((name, place, list(given), means))
            at(self.model, name, place or 0)

        return listen

    hooks = [name for name in HOOKS if name not in ("on_batch_begin", "on_batch_end")]
    kind = type("Recorder", (room.Callback,), {name: hook(name) for name in hooks})
    made = kind()
    made.heard = heard
    return made


def stop_in_batch(model: Any, name: str, place: int) -> None:
    if name == "on_train_batch_end" and place == 1:
        model.stop_training = True


def stop_after_epoch(model: Any, name: str, place: int) -> None:
    if name == "on_epoch_end" and place == 1:
        model.stop_training = True


def stop_testing(model: Any, name: str, place: int) -> None:
    if name == "on_test_batch_end":
        model.stop_evaluating = True


def stop_predicting(model: Any, name: str, place: int) -> None:
    if name == "on_predict_batch_end" and place == 1:
        model.stop_predicting = True


ACTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "fit": lambda model, heard: model.fit(*data(), callbacks=[heard], epochs=2),
    "fit with validation": lambda model, heard: model.fit(
        *data(), callbacks=[heard], epochs=3, validation_data=data(20), validation_freq=2
    ),
    "fit with a split": lambda model, heard: model.fit(
        *data(), callbacks=heard and [heard], validation_split=0.2, validation_batch_size=5
    ),
    "fit from the second epoch": lambda model, heard: model.fit(
        *data(), callbacks=[heard], epochs=3, initial_epoch=1, steps_per_epoch=2
    ),
    "fit without an epoch": lambda model, heard: model.fit(*data(), callbacks=[heard], epochs=0),
    "evaluate": lambda model, heard: model.evaluate(*data(), callbacks=[heard]),
    "evaluate some": lambda model, heard: model.evaluate(*data(), callbacks=[heard], steps=1),
    "predict": lambda model, heard: model.predict(data()[0], callbacks=[heard]),
}
STOPS = {
    "nowhere": lambda *_: None,
    "in a batch": stop_in_batch,
    "after an epoch": stop_after_epoch,
    "in a test": stop_testing,
    "in a prediction": stop_predicting,
}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("name", ACTIONS)
def test_the_same_hooks_hear_the_same(
    name: str, stop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = []
    for package, room in SIDES:
        heard = recorder(room, STOPS[stop])
        if name.startswith("fit"):
            # Nothing may depend on the order of the images.
            model = network(package)
            fit = model.fit
            model.fit = lambda *args, fit=fit, **more: fit(*args, shuffle=False, **more)
        else:
            model = network(package)
        ACTIONS[name](model, heard)
        sides.append((heard.heard, heard.params))
    (ours, our_params), (theirs, their_params) = sides
    assert [one[:3] for one in ours] == [one[:3] for one in theirs]
    for mine, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine[3], their[3], rtol=1e-4)
    for params in (our_params, their_params):
        params.pop("verbose")  # "auto" there, what it means here
    assert our_params == their_params


def test_hooks_have_keras_names() -> None:
    assert sorted(name for name in vars(callbacks.Callback) if name.startswith("on_")) == HOOKS


@pytest.mark.parametrize("name", [n for n in callbacks.__all__ if n not in NOT_COMPARED])
def test_arguments_have_keras_names_and_defaults(name: str) -> None:
    def arguments(kind: Any) -> dict[str, Any]:
        return {
            key: parameter.default
            for key, parameter in signature(kind).parameters.items()
            if parameter.kind is not parameter.VAR_KEYWORD
        }

    theirs = arguments(getattr(keras.callbacks, name))
    theirs.pop("kwargs", None)
    assert arguments(getattr(callbacks, name)) == theirs


REFUSED = [
    case("ReduceLROnPlateau", factor=1.0),
    case("ReduceLROnPlateau", "loss", 1.5),
    case("ModelCheckpoint", "model"),
    case("ModelCheckpoint", "model.keras", save_weights_only=True),
    case("ModelCheckpoint", "model.keras", save_freq="batch"),
    case("ModelCheckpoint", "model.keras", save_freq=1.5),
    case("BackupAndRestore", ""),
    case("BackupAndRestore", "backup", save_freq="batch"),
    case("BackupAndRestore", "backup", save_freq=1.5),
    case("EarlyStopping", "loss", 0, 0, 0, "min", None, False, 0, 0),
    case("LambdaCallback", 1, 2, 3, 4, 5, 6, 7),
    case("CSVLogger"),
]


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: one.title)
def test_what_keras_refuses_is_refused(one: Case) -> None:
    assert_same_error(lambda: one.make(callbacks), lambda: one.make(keras.callbacks))


# What is decided


class Optimizer:
    learning_rate = 0.1


class Trained:
    """A model of either house, as far as callbacks look at it."""

    def __init__(self) -> None:
        self.stop_training = False
        self.metrics: list[Any] = []
        self.optimizer = Optimizer()
        self.weights = -1
        self.saved: list[tuple[str, str]] = []

    def get_weights(self) -> int:
        return self.weights

    def set_weights(self, weights: int) -> None:
        self.weights = weights

    def save(self, path: Any, overwrite: bool = True) -> None:
        self.saved.append(("all", str(path)))

    def save_weights(self, path: Any, overwrite: bool = True) -> None:
        self.saved.append(("weights", str(path)))


def trace(callback: Any, values: np.ndarray, monitor: str, seen: tuple[str, ...]) -> list[Any]:
    """What the callback did after each epoch, and what was left at the end.

    An epoch has three batches; one whose value is NaN has no such number.
    """
    model, found = Trained(), []
    callback.set_params({})
    callback.set_model(model)
    logs: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        callback.on_train_begin()
        for epoch, value in enumerate(values):
            model.weights = epoch
            logs = {"other": 1.0} if np.isnan(value) else {monitor: float(value)}
            callback.on_epoch_begin(epoch, {})
            for batch in range(3):
                callback.on_train_batch_end(batch, dict(logs))
            callback.on_epoch_end(epoch, logs)
            rate = float(model.optimizer.learning_rate)
            state = [getattr(callback, name) for name in seen]
            found.append((state, rate, model.stop_training, sorted(logs)))
            if model.stop_training:
                break
        callback.on_train_end()
    return [*found, model.weights, model.saved, len(warned)]


def curves() -> list[np.ndarray]:
    generator = np.random.default_rng(5)
    found = [np.round(generator.normal(1, 0.3, 14) - 0.03 * np.arange(14), 2) for _ in range(6)]
    found[0][3] = np.nan  # an epoch without validation
    return found


def assert_same_decisions(
    name: str,
    options: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    *arguments: Any,
    seen: tuple[str, ...] = (),
) -> None:
    """On each curve the same state after each epoch, the same files and the same words."""
    for values in curves():
        sides = []
        for _, room in SIDES:
            one = getattr(room, name)(*arguments, **options)
            sides.append((trace(one, values, "loss", seen), capsys.readouterr().out))
        assert sides[0] == sides[1], options


@pytest.mark.parametrize("mode", ["min", "max", "auto"])
def test_early_stopping_stops_where_keras_does(
    mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for patience, min_delta, baseline, restores, start in product(
        (0, 1, 3), (0, 0.1), (None, 0.8), (False, True), (0, 2)
    ):
        settings = {
            "patience": patience,
            "min_delta": min_delta,
            "baseline": baseline,
            "restore_best_weights": restores,
            "start_from_epoch": start,
            "mode": mode,
            "verbose": 1,
        }
        seen = ("wait", "best", "best_epoch", "stopped_epoch")
        assert_same_decisions("EarlyStopping", settings, capsys, "loss", seen=seen)


@pytest.mark.parametrize("mode", ["min", "max", "auto"])
def test_the_rate_falls_where_keras_lowers_it(
    mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for patience, min_delta, cooldown, min_lr in product((1, 2), (1e-4, 0.1), (0, 2), (0.0, 0.03)):
        settings = {
            "patience": patience,
            "min_delta": min_delta,
            "cooldown": cooldown,
            "min_lr": min_lr,
            "factor": 0.5,
            "mode": mode,
            "verbose": 1,
        }
        seen = ("wait", "best", "cooldown_counter")
        assert_same_decisions("ReduceLROnPlateau", settings, capsys, "loss", seen=seen)


# Before the first epoch's end Keras does not know yet which way is better, and fails.
@pytest.mark.parametrize(
    ("best", "freq"),
    [(False, "epoch"), (False, 1), (False, 2), (False, 7), (True, "epoch"), (True, 7)],
)
def test_a_checkpoint_is_saved_where_keras_saves_it(
    best: bool, freq: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for mode, threshold, weights, verbose in product(
        ("min", "max", "auto"), (None, 0.8), (False, True), (0, 1)
    ):
        settings = {
            "monitor": "loss",
            "save_best_only": best,
            "save_weights_only": weights,
            "save_freq": freq,
            "mode": mode,
            "initial_value_threshold": threshold,
            "verbose": verbose,
        }
        named = "{epoch:02d}" + ("" if freq == "epoch" else "-{batch}")
        path = tmp_path / f"{named}{'.weights.h5' if weights else '.keras'}"
        assert_same_decisions("ModelCheckpoint", settings, capsys, path, seen=("best",))


SCHEDULES: dict[str, Any] = {
    "of epoch and rate": lambda _, rate: rate * 0.9,
    "of the epoch": lambda epoch: 0.1 / (1 + epoch),
    "NumPy's": lambda _, rate: np.float32(rate / 2),
    "keeping": lambda _, rate: rate,
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_sets_the_rates_that_keras_sets(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_same_decisions("LearningRateScheduler", {"verbose": 1}, capsys, SCHEDULES[name])


@pytest.mark.parametrize("rate", [1, "fast", None], ids=str)
def test_rates_that_keras_refuses_are_refused(rate: Any) -> None:
    def train(room: Any) -> Any:
        trace(room.LearningRateScheduler(lambda *_: rate), curves()[1], "loss", ())

    assert_same_error(lambda: train(callbacks), lambda: train(keras.callbacks))


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf], ids=str)
def test_a_loss_that_is_no_number_ends_training(
    loss: float, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = []
    for _, room in SIDES:
        terminating, model = room.TerminateOnNaN(), Trained()
        terminating.set_model(model)
        seen = []
        for batch, logs in enumerate([{"loss": 1.0}, {}, None, {"loss": loss}]):
            terminating.on_train_batch_end(batch, logs)
            seen.append(model.stop_training)
        sides.append((seen, capsys.readouterr().out))
    assert sides[0] == sides[1]
    assert_same_error(
        lambda: callbacks.TerminateOnNaN(raise_error=True).on_batch_end(0, {"loss": loss}),
        lambda: keras.callbacks.TerminateOnNaN(raise_error=True).on_batch_end(0, {"loss": loss}),
    )


@pytest.mark.parametrize(("separator", "append"), [(",", False), (";", True)])
def test_a_csv_is_written_as_keras_writes_it(separator: str, append: bool, tmp_path: Any) -> None:
    histories = [
        [{"loss": 0.5, "accuracy": 0.25}, {"loss": 0.5, "accuracy": 0.25, "val_loss": 1.0}],
        [{"val_loss": 1.0, "loss": 0.125, "f1": np.array([0.5, 1.0])}, {"loss": 1e-9}],
    ]
    texts = []
    for package, room in SIDES:
        path = tmp_path / f"{package.__name__}.csv"
        for history in histories:
            logger = room.CSVLogger(path, separator=separator, append=append)
            logger.set_model(Trained())
            logger.on_train_begin()
            for epoch, logs in enumerate(history):
                logger.on_epoch_end(epoch, dict(logs))
            logger.on_train_end()
        texts.append(path.read_text())
    assert texts[0] == texts[1]


def test_functions_are_called_where_keras_calls_them() -> None:
    sides = []
    for package, room in SIDES:
        called: list[Any] = []
        hooks = {
            "on_epoch_begin": lambda epoch, logs, c=called: c.append(
                ("begin", epoch, sorted(logs))
            ),
            "on_epoch_end": lambda epoch, logs, c=called: c.append(("end", epoch, sorted(logs))),
            "on_train_begin": lambda logs, c=called: c.append(("train", sorted(logs))),
            "on_train_end": lambda logs, c=called: c.append(("trained", sorted(logs))),
            "on_train_batch_begin": lambda batch, logs, c=called: c.append((batch, sorted(logs))),
            "on_train_batch_end": lambda batch, logs, c=called: c.append((batch, sorted(logs))),
            "on_test_end": lambda logs, c=called: c.append(("tested", sorted(logs))),
        }
        model = network(package)
        model.fit(
            *data(), validation_split=0.5, callbacks=[room.LambdaCallback(**hooks)], verbose=0
        )
        sides.append(called)
    assert sides[0] == sides[1]


TOGETHER: dict[str, Callable[[Any], list[Any]]] = {
    "stopping": lambda room: [
        room.EarlyStopping("val_accuracy", patience=1, restore_best_weights=True)
    ],
    "a plateau": lambda room: [room.ReduceLROnPlateau("loss", 0.5, 1, min_delta=0.02)],
    "a schedule": lambda room: [room.LearningRateScheduler(lambda _, rate: rate * 0.8)],
    "all of them": lambda room: [
        room.LearningRateScheduler(lambda _, rate: rate * 0.8),
        room.ReduceLROnPlateau("val_loss", 0.5, 1, min_delta=0.02),
        room.EarlyStopping("val_loss", min_delta=0.005, patience=2, restore_best_weights=True),
        room.TerminateOnNaN(),
    ],
}


@pytest.mark.parametrize("name", TOGETHER)
def test_training_with_callbacks_is_keras_training(name: str) -> None:
    found = []
    for package, room in SIDES:
        model = network(package)
        arguments = {"epochs": 12, "shuffle": False, "verbose": 0, "validation_split": 0.4}
        history = model.fit(*data(), callbacks=TOGETHER[name](room), **arguments)
        found.append((history, model.get_weights(), float(model.optimizer.learning_rate)))
    (ours, our_weights, our_rate), (theirs, their_weights, their_rate) = found
    assert list(ours.history) == list(theirs.history)
    assert ours.epoch == theirs.epoch
    for key, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[key], values, rtol=1e-4, atol=1e-6)
    assert our_rate == pytest.approx(their_rate, rel=1e-6)
    for mine, their in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(mine, their, rtol=1e-3, atol=1e-5)


DIRECTED = [
    "accuracy", "Precision", "Recall", "AUC", "F1Score", "CategoricalAccuracy", "MeanSquaredError",
    "CategoricalCrossentropy", "CosineSimilarity", "KLDivergence", "TopKCategoricalAccuracy",
    "RootMeanSquaredError", "TruePositives", "FalsePositives", "BinaryAccuracy", "LogCoshError",
]  # fmt: skip


@pytest.mark.parametrize("metric", DIRECTED)
def test_which_way_a_metric_is_better_is_known_where_keras_knows_it(metric: str) -> None:
    sides = []
    for package, room in SIDES:
        start = package.Input((4,))
        model = package.Model(start, package.layers.Dense(6, activation="softmax")(start))
        own = metric if metric == "accuracy" else getattr(package.metrics, metric)(name="metric")
        model.compile("sgd", "categorical_crossentropy", metrics=[own])
        x, y = np.ones((6, 4), np.float32), np.eye(6, dtype=np.float32)
        model.fit(x, y, verbose=0)
        stopping = room.EarlyStopping("accuracy" if metric == "accuracy" else "metric", patience=1)
        stopping.set_model(model)
        stopping.on_train_begin()
        try:
            for epoch, value in enumerate((0.5, 0.7, 0.6)):
                stopping.on_epoch_end(epoch, {stopping.monitor: value})
            sides.append(float(stopping.best))
        except ValueError:
            sides.append(-1.0)
    assert sides[0] == sides[1]
