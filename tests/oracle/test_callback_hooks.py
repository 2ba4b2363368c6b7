"""Callbacks have the hooks and arguments of Keras' callbacks, called with the same values."""

import os
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest

import scallion
from callback_twins import data, network
from contract import Case, assert_same_error, case
from scallion import callbacks

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

HOOKS = sorted(name for name in vars(keras.callbacks.Callback) if name.startswith("on_"))
NOT_COMPARED = ("CallbackList", "RemoteMonitor")
SIDES = ((scallion, callbacks), (keras, keras.callbacks))


def recorder(namespace: Any, act: Callable[[Any, str, int], None] = lambda *_: None) -> Any:
    """Return a callback that records each hook and its arguments; `act` may change the model."""
    calls: list[tuple[str, int | None, list[str], list[float]]] = []

    def hook(name: str) -> Any:
        def record(self: Any, *arguments: Any, logs: Any = None) -> None:
            index = arguments[0] if arguments and isinstance(arguments[0], int) else None
            given = logs if logs is not None or not arguments else arguments[-1]
            given = given if isinstance(given, dict) else {}
            averages = [np.mean(value) for key, value in given.items() if key != "outputs"]
            calls.append((name, index, list(given), averages))
            act(self.model, name, index or 0)

        return record

    hooks = [name for name in HOOKS if name not in ("on_batch_begin", "on_batch_end")]
    kind = type("Recorder", (namespace.Callback,), {name: hook(name) for name in hooks})
    made = kind()
    made.calls = calls
    return made


def stop_in_batch(model: Any, name: str, index: int) -> None:
    if name == "on_train_batch_end" and index == 1:
        model.stop_training = True


def stop_after_epoch(model: Any, name: str, index: int) -> None:
    if name == "on_epoch_end" and index == 1:
        model.stop_training = True


def stop_testing(model: Any, name: str, index: int) -> None:
    if name == "on_test_batch_end":
        model.stop_evaluating = True


def stop_predicting(model: Any, name: str, index: int) -> None:
    if name == "on_predict_batch_end" and index == 1:
        model.stop_predicting = True


ACTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "fit": lambda model, callback: model.fit(*data(), callbacks=[callback], epochs=2),
    "fit with validation": lambda model, callback: model.fit(
        *data(), callbacks=[callback], epochs=3, validation_data=data(20), validation_freq=2
    ),
    "fit with a split": lambda model, callback: model.fit(
        *data(), callbacks=callback and [callback], validation_split=0.2, validation_batch_size=5
    ),
    "fit from the second epoch": lambda model, callback: model.fit(
        *data(), callbacks=[callback], epochs=3, initial_epoch=1, steps_per_epoch=2
    ),
    "fit without an epoch": lambda model, callback: model.fit(
        *data(), callbacks=[callback], epochs=0
    ),
    "evaluate": lambda model, callback: model.evaluate(*data(), callbacks=[callback]),
    "evaluate some": lambda model, callback: model.evaluate(*data(), callbacks=[callback], steps=1),
    "predict": lambda model, callback: model.predict(data()[0], callbacks=[callback]),
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
def test_hooks_receive_the_same_arguments(
    name: str, stop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = []
    for package, namespace in SIDES:
        callback = recorder(namespace, STOPS[stop])
        if name.startswith("fit"):
            # The libraries shuffle in different orders.
            model = network(package)
            fit = model.fit
            model.fit = lambda *args, fit=fit, **more: fit(*args, shuffle=False, **more)
        else:
            model = network(package)
        ACTIONS[name](model, callback)
        sides.append((callback.calls, callback.params))
    (ours, our_params), (theirs, their_params) = sides
    assert [one[:3] for one in ours] == [one[:3] for one in theirs]
    for mine, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine[3], their[3], rtol=1e-4)
    for params in (our_params, their_params):
        params.pop("verbose")  # "auto" in Keras, its meaning here
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
def test_arguments_that_keras_refuses_raise(one: Case) -> None:
    assert_same_error(lambda: one.make(callbacks), lambda: one.make(keras.callbacks))
