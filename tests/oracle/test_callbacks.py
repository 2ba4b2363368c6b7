"""Callbacks decide as Keras' callbacks do: states, files and printed text."""

import os
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import scallion
from callback_twins import data, network
from contract import assert_same_error
from scallion import callbacks

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

SIDES = ((scallion, callbacks), (keras, keras.callbacks))


class Optimizer:
    learning_rate = 0.1


class FakeModel:
    """The attributes of a model that callbacks use."""

    def __init__(self) -> None:
        self.stop_training = False
        self.metrics: list[Any] = []
        self.optimizer = Optimizer()
        self.weights: list[Any] = []
        self.values = -1
        self.saved: list[tuple[str, str]] = []

    def get_weights(self) -> int:
        return self.values

    def set_weights(self, weights: int) -> None:
        self.values = weights

    def save(self, path: Any, overwrite: bool = True) -> None:
        self.saved.append(("all", str(path)))

    def save_weights(self, path: Any, overwrite: bool = True) -> None:
        self.saved.append(("weights", str(path)))


def trace(callback: Any, values: np.ndarray, monitor: str, seen: tuple[str, ...]) -> list[Any]:
    """Return the attributes `seen` after each epoch, then weights, saved files and warnings.

    Each epoch has three batches. A value of NaN is left out of the logs.
    """
    model, found = FakeModel(), []
    callback.set_params({})
    callback.set_model(model)
    logs: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        callback.on_train_begin()
        for epoch, value in enumerate(values):
            model.values = epoch
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
    return [*found, model.values, model.saved, len(warned)]


def curves() -> list[np.ndarray]:
    generator = np.random.default_rng(5)
    found = [np.round(generator.normal(1, 0.3, 14) - 0.03 * np.arange(14), 2) for _ in range(6)]
    found[0][3] = np.nan  # an epoch without the monitored value
    return found


def assert_same_decisions(
    name: str,
    options: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    *arguments: Any,
    seen: tuple[str, ...] = (),
) -> None:
    """Assert equal states, files and printed text of both callbacks on several curves."""
    for values in curves():
        sides = []
        for _, namespace in SIDES:
            one = getattr(namespace, name)(*arguments, **options)
            sides.append((trace(one, values, "loss", seen), capsys.readouterr().out))
        assert sides[0] == sides[1], options


@pytest.mark.parametrize("mode", ["min", "max", "auto"])
def test_early_stopping_matches_keras(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
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
def test_reduce_lr_on_plateau_matches_keras(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
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


# Keras determines the direction at the end of the first epoch, and raises before that.
@pytest.mark.parametrize(
    ("best", "freq"),
    [(False, "epoch"), (False, 1), (False, 2), (False, 7), (True, "epoch"), (True, 7)],
)
def test_model_checkpoint_matches_keras(
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
        name = "{epoch:02d}" + ("" if freq == "epoch" else "-{batch}")
        path = tmp_path / f"{name}{'.weights.h5' if weights else '.keras'}"
        assert_same_decisions("ModelCheckpoint", settings, capsys, path, seen=("best",))


SCHEDULES: dict[str, Any] = {
    "epoch and rate": lambda _, rate: rate * 0.9,
    "epoch only": lambda epoch: 0.1 / (1 + epoch),
    "NumPy float": lambda _, rate: np.float32(rate / 2),
    "constant": lambda _, rate: rate,
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_learning_rate_scheduler_matches_keras(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_same_decisions("LearningRateScheduler", {"verbose": 1}, capsys, SCHEDULES[name])


@pytest.mark.parametrize("rate", [1, "fast", None], ids=str)
def test_invalid_rates_of_a_scheduler_raise(rate: Any) -> None:
    def train(namespace: Any) -> Any:
        trace(namespace.LearningRateScheduler(lambda *_: rate), curves()[1], "loss", ())

    assert_same_error(lambda: train(callbacks), lambda: train(keras.callbacks))


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf], ids=str)
def test_terminate_on_nan_matches_keras(loss: float, capsys: pytest.CaptureFixture[str]) -> None:
    sides = []
    for _, namespace in SIDES:
        terminating, model = namespace.TerminateOnNaN(), FakeModel()
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
def test_csv_logger_matches_keras(separator: str, append: bool, tmp_path: Any) -> None:
    histories = [
        [{"loss": 0.5, "accuracy": 0.25}, {"loss": 0.5, "accuracy": 0.25, "val_loss": 1.0}],
        [{"val_loss": 1.0, "loss": 0.125, "f1": np.array([0.5, 1.0])}, {"loss": 1e-9}],
    ]
    texts = []
    for package, namespace in SIDES:
        path = tmp_path / f"{package.__name__}.csv"
        for history in histories:
            logger = namespace.CSVLogger(path, separator=separator, append=append)
            logger.set_model(FakeModel())
            logger.on_train_begin()
            for epoch, logs in enumerate(history):
                logger.on_epoch_end(epoch, dict(logs))
            logger.on_train_end()
        texts.append(path.read_text())
    assert texts[0] == texts[1]


def test_lambda_callback_matches_keras() -> None:
    sides = []
    for package, namespace in SIDES:
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
            *data(), validation_split=0.5, callbacks=[namespace.LambdaCallback(**hooks)], verbose=0
        )
        sides.append(called)
    assert sides[0] == sides[1]


TOGETHER: dict[str, Callable[[Any], list[Any]]] = {
    "early stopping": lambda namespace: [
        namespace.EarlyStopping("val_accuracy", patience=1, restore_best_weights=True)
    ],
    "plateau": lambda namespace: [namespace.ReduceLROnPlateau("loss", 0.5, 1, min_delta=0.02)],
    "schedule": lambda namespace: [namespace.LearningRateScheduler(lambda _, rate: rate * 0.8)],
    "all": lambda namespace: [
        namespace.LearningRateScheduler(lambda _, rate: rate * 0.8),
        namespace.ReduceLROnPlateau("val_loss", 0.5, 1, min_delta=0.02),
        namespace.EarlyStopping("val_loss", min_delta=0.005, patience=2, restore_best_weights=True),
        namespace.TerminateOnNaN(),
    ],
}


@pytest.mark.parametrize("name", TOGETHER)
def test_training_with_callbacks_matches_keras(name: str) -> None:
    found = []
    for package, namespace in SIDES:
        model = network(package)
        arguments = {"epochs": 12, "shuffle": False, "verbose": 0, "validation_split": 0.4}
        history = model.fit(*data(), callbacks=TOGETHER[name](namespace), **arguments)
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
def test_metric_directions_match_keras(metric: str) -> None:
    sides = []
    for package, namespace in SIDES:
        start = package.Input((4,))
        model = package.Model(start, package.layers.Dense(6, activation="softmax")(start))
        own = metric if metric == "accuracy" else getattr(package.metrics, metric)(name="metric")
        model.compile("sgd", "categorical_crossentropy", metrics=[own])
        x, y = np.ones((6, 4), np.float32), np.eye(6, dtype=np.float32)
        model.fit(x, y, verbose=0)
        stopping = namespace.EarlyStopping(
            "accuracy" if metric == "accuracy" else "metric", patience=1
        )
        stopping.set_model(model)
        stopping.on_train_begin()
        try:
            for epoch, value in enumerate((0.5, 0.7, 0.6)):
                stopping.on_epoch_end(epoch, {stopping.monitor: value})
            sides.append(float(stopping.best))
        except ValueError:
            sides.append(-1.0)
    assert sides[0] == sides[1]
