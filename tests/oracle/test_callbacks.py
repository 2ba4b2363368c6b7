"""Callbacks decide as Keras' do: the same numbers, epoch by epoch, with many settings."""

import os
import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest

from scallion import callbacks

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


class Optimizer:
    learning_rate = 0.1


class Trained:
    """A model of either house, as far as callbacks look at it."""

    def __init__(self) -> None:
        self.stop_training = False
        self.metrics: list[Any] = []
        self.optimizer = Optimizer()
        self.weights = -1

    def get_weights(self) -> int:
        return self.weights

    def set_weights(self, weights: int) -> None:
        self.weights = weights


def trace(callback: Any, values: np.ndarray, monitor: str) -> list[Any]:
    """What the callback did after each epoch, and what was left at the end."""
    model, seen = Trained(), []
    callback.set_params({})
    callback.set_model(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        callback.on_train_begin()
        for epoch, value in enumerate(values):
            model.weights = epoch
            logs = {} if np.isnan(value) else {monitor: float(value)}
            callback.on_epoch_end(epoch, logs)
            rate = float(model.optimizer.learning_rate)
            seen.append((callback.wait, callback.best, rate, model.stop_training))
            if model.stop_training:
                break
        callback.on_train_end()
    return [*seen, model.weights, sorted(logs)]


def curves() -> list[np.ndarray]:
    generator = np.random.default_rng(5)
    found = [np.round(generator.normal(1, 0.3, 14) - 0.03 * np.arange(14), 2) for _ in range(6)]
    found[0][3] = np.nan  # an epoch without validation
    return found


@pytest.mark.parametrize("mode", ["min", "max", "auto"])
def test_early_stopping_stops_where_keras_does(mode: str) -> None:
    choices = product((0, 1, 3), (0, 0.1), (None, 0.8), (False, True), (0, 2))
    for patience, min_delta, baseline, restores, start in choices:
        settings = {
            "patience": patience,
            "min_delta": min_delta,
            "baseline": baseline,
            "restore_best_weights": restores,
            "start_from_epoch": start,
            "mode": mode,
        }
        for values in curves():
            ours = trace(callbacks.EarlyStopping("loss", **settings), values, "loss")
            theirs = trace(keras.callbacks.EarlyStopping("loss", **settings), values, "loss")
            assert ours == theirs, settings


@pytest.mark.parametrize("mode", ["min", "max", "auto"])
def test_the_rate_falls_where_keras_lowers_it(mode: str) -> None:
    for patience, min_delta, cooldown, min_lr in product((1, 2), (1e-4, 0.1), (0, 2), (0.0, 0.03)):
        settings = {
            "patience": patience,
            "min_delta": min_delta,
            "cooldown": cooldown,
            "min_lr": min_lr,
            "factor": 0.5,
            "mode": mode,
        }
        for values in curves():
            ours = trace(callbacks.ReduceLROnPlateau("loss", **settings), values, "loss")
            theirs = trace(keras.callbacks.ReduceLROnPlateau("loss", **settings), values, "loss")
            assert ours == theirs, settings


def test_a_csv_is_written_as_keras_writes_it(tmp_path: Any) -> None:
    texts = []
    for room in (callbacks, keras.callbacks):
        for separator, append in ((",", False), (";", True)):
            path = tmp_path / f"{room.__name__}-{append}.csv"
            for _ in range(2):
                logger = room.CSVLogger(path, separator=separator, append=append)
                logger.set_model(Trained())
                logger.on_train_begin()
                logger.on_epoch_end(0, {"loss": 0.5, "accuracy": 0.25})
                logger.on_epoch_end(1, {"loss": 0.5, "accuracy": 0.25, "val_loss": 1.0})
                logger.on_train_end()
            texts.append(path.read_text())
    assert texts[:2] == texts[2:]


NOT_THERE = ("CallbackList", "RemoteMonitor", "SwapEMAWeights", "TensorBoard")


def test_hooks_have_keras_names() -> None:
    ours = {name for name in vars(callbacks.Callback) if name.startswith("on_")}
    theirs = {name for name in vars(keras.callbacks.Callback) if name.startswith("on_")}
    assert ours == theirs


@pytest.mark.parametrize("name", [n for n in callbacks.__all__ if n not in NOT_THERE])
def test_arguments_have_keras_names_and_defaults(name: str) -> None:
    from inspect import signature

    def arguments(kind: Any) -> dict[str, Any]:
        return {
            key: parameter.default
            for key, parameter in signature(kind).parameters.items()
            if parameter.kind is not parameter.VAR_KEYWORD
        }

    theirs = arguments(getattr(keras.callbacks, name))
    theirs.pop("kwargs", None)
    assert arguments(getattr(callbacks, name)) == theirs
