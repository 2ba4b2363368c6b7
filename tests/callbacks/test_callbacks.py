"""The callbacks that steer, save and write; their decisions are held against Keras in oracle."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion.callbacks import (
    CallbackList,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from scallion.errors import ArgumentError, FileError
from scallion.layers import Dense, Input
from scallion.models import Model, load_model
from scallion.optimizers import SGD
from scallion.utils import set_random_seed

X, Y = np.random.default_rng(0).random((20, 4)), np.arange(20) % 2


def network(rate: float = 0.1) -> Model:
    set_random_seed(2)
    start = Input((4,))
    model = Model(start, Dense(2, activation="softmax")(start))
    model.compile(SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Trained:
    """A model whose epochs end as they are told to."""

    def __init__(self) -> None:
        self.stop_training = False
        self.metrics: list[Any] = []
        self.epoch = 0

    def get_weights(self) -> list[int]:
        return [self.epoch]

    def set_weights(self, weights: list[int]) -> None:
        self.epoch = weights[0]


def run(callback: Any, values: list[float], monitor: str = "val_loss") -> Trained:
    """The model after epochs that ended with these values, or fewer where training stopped."""
    model = Trained()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_end(epoch, {monitor: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return model


def test_training_stops_when_patience_is_at_its_end() -> None:
    stopping = EarlyStopping(patience=2)
    model = run(stopping, [1.0, 0.8, 0.9, 0.85, 0.1])
    assert (stopping.stopped_epoch, stopping.best, stopping.best_epoch) == (3, 0.8, 1)
    assert model.epoch == 3


def test_the_best_weights_are_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    stopping = EarlyStopping(patience=2, restore_best_weights=True, verbose=1)
    assert run(stopping, [1.0, 0.8, 0.9, 0.85, 0.1]).epoch == 1
    assert capsys.readouterr().out == (
        "Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    )


def test_what_shall_rise_is_known_from_the_metric() -> None:
    model, stopping = network(), EarlyStopping("val_accuracy", patience=1)
    model.fit(X, Y, epochs=3, validation_split=0.5, callbacks=[stopping], verbose=0)
    assert stopping._falls is False
    with pytest.raises(ArgumentError, match="cannot tell whether 'val_mystery'") as caught:
        run(EarlyStopping("val_mystery"), [1.0], "val_mystery")
    assert "mode=" in str(caught.value.hint)
    run(EarlyStopping("val_mystery", mode="max"), [1.0, 2.0], "val_mystery")


def test_a_monitor_that_is_not_there_is_said() -> None:
    stopping = EarlyStopping("val_accuracy")
    with pytest.warns(UserWarning, match="`val_accuracy` which is not available. Available met"):
        network().fit(X, Y, callbacks=[stopping], verbose=0)


def test_an_unknown_mode_is_taken_as_auto_and_said() -> None:
    with pytest.warns(UserWarning, match="mode='lowest'"):
        assert EarlyStopping(mode="lowest").mode == "auto"


def test_early_stopping_can_be_used_again() -> None:
    model, stopping = network(rate=0.0), EarlyStopping("loss", patience=2, min_delta=1e-6)
    for _ in range(2):
        record = model.fit(X, Y, epochs=9, callbacks=[stopping], verbose=0)
        assert record.epoch == [0, 1, 2]


def test_functions_are_called_at_their_hooks() -> None:
    seen: list[Any] = []
    callback = LambdaCallback(
        on_train_begin=lambda _: seen.append("train"),
        on_epoch_begin=lambda epoch, _: seen.append(epoch),
        on_train_batch_end=lambda batch, logs: seen.append((batch, *logs)),
        on_test_end=lambda _: seen.append("tested"),
    )
    network().fit(X, Y, batch_size=10, validation_split=0.4, callbacks=[callback], verbose=0)
    batches = [(0, "accuracy", "loss"), (1, "accuracy", "loss")]
    assert seen == ["train", 0, *batches, "tested"]
    with pytest.raises(ArgumentError, match=r"no hook of this name\. Received: on_epoch_finish"):
        LambdaCallback(on_epoch_finish=print)


def test_a_schedule_sets_the_rate_before_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    schedule = LearningRateScheduler(lambda _, rate: rate * 0.5, verbose=1)
    record = model.fit(X, Y, epochs=3, callbacks=[schedule], verbose=0)
    assert record.history["learning_rate"] == pytest.approx([0.05, 0.025, 0.0125])
    assert (
        "Epoch 1: LearningRateScheduler setting learning rate to 0.05." in capsys.readouterr().out
    )
    model.fit(X, Y, callbacks=[LearningRateScheduler(lambda _: 0.25)], verbose=0)
    assert model.optimizer.learning_rate == 0.25
    with pytest.raises(ArgumentError, match="a schedule returns a number"):
        model.fit(X, Y, callbacks=[LearningRateScheduler(lambda _: "fast")], verbose=0)


def test_a_plateau_lowers_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    model = network(rate=0.0)
    model.optimizer.learning_rate = 1e-30
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=2, cooldown=1, verbose=1)
    record = model.fit(X, Y, epochs=7, callbacks=[plateau], verbose=0)
    # Worked by hand: best in epoch 0, waits 1 and 2, reduces; one epoch of cooldown passes.
    rates = [1e-30, 1e-30, 1e-30, 5e-31, 5e-31, 2.5e-31, 2.5e-31]
    assert record.history["learning_rate"] == pytest.approx(rates)
    assert "Epoch 3: ReduceLROnPlateau reducing learning rate to 5e-31." in capsys.readouterr().out
    with pytest.raises(ArgumentError, match=r"Received: factor=1\.5"):
        ReduceLROnPlateau(factor=1.5)


def test_a_csv_grows_with_every_epoch(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    model = network()
    record = model.fit(X, Y, epochs=2, callbacks=[CSVLogger(path)], verbose=0)
    lines = path.read_text().splitlines()
    assert lines[0] == "epoch,accuracy,loss,val_accuracy,val_loss"
    first = record.history
    assert lines[1] == f"0,{first['accuracy'][0]},{first['loss'][0]},NA,NA"
    assert len(lines) == 3
    model.fit(X, Y, callbacks=[CSVLogger(path, append=True)], verbose=0)
    assert [line.split(",")[0] for line in path.read_text().splitlines()] == [
        "epoch",
        "0",
        "1",
        "0",
    ]
    model.fit(X, Y, callbacks=[CSVLogger(path, separator=";")], verbose=0)
    assert path.read_text().startswith("epoch;accuracy;loss")
    with pytest.raises(FileError, match="cannot write"):
        model.fit(X, Y, callbacks=[CSVLogger(tmp_path / "no" / "history.csv")], verbose=0)


def test_a_checkpoint_is_saved_after_each_epoch_by_its_numbers(tmp_path: Path) -> None:
    checkpoint = ModelCheckpoint(tmp_path / "runs" / "{epoch:02d}-{loss:.2f}.keras")
    record = network().fit(X, Y, epochs=2, callbacks=[checkpoint], verbose=0)
    names = [
        f"{epoch + 1:02d}-{loss:.2f}.keras" for epoch, loss in enumerate(record.history["loss"])
    ]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names
    assert load_model(tmp_path / "runs" / names[1]).optimizer.iterations == 2


def test_only_the_best_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "best.weights.h5"
    checkpoint = ModelCheckpoint(
        path, monitor="val_loss", save_best_only=True, save_weights_only=True, verbose=1
    )
    model = network()
    checkpoint.set_model(model)
    checkpoint.on_epoch_end(0, {"val_loss": 0.5})
    best = model.get_weights()
    model.set_weights([weight + 1 for weight in best])
    checkpoint.on_epoch_end(1, {"val_loss": 0.75})
    model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(best, model.get_weights(), strict=True))
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 0.50000, saving model to {path}\n"
        f"\nEpoch 1: finished saving model to {path}\n"
        "\nEpoch 2: val_loss did not improve from 0.50000\n"
    )


def test_a_checkpoint_can_be_saved_every_few_batches(tmp_path: Path) -> None:
    path = tmp_path / "{epoch}-{batch}.keras"
    network().fit(
        X, Y, batch_size=5, epochs=2, callbacks=[ModelCheckpoint(path, save_freq=3)], verbose=0
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1-3.keras", "2-2.keras"]


def test_checkpoints_that_cannot_work_are_refused(tmp_path: Path) -> None:
    for arguments, said in (
        ({"filepath": "model.h5"}, r"ends in \.keras"),
        ({"filepath": "model.keras", "save_weights_only": True}, r"ends in \.weights\.h5"),
        ({"filepath": "model.keras", "save_freq": "batch"}, "`save_freq` is 'epoch' or a number"),
    ):
        with pytest.raises(ArgumentError, match=said):
            ModelCheckpoint(**arguments)  # type: ignore[arg-type]
    checkpoint = ModelCheckpoint(tmp_path / "{val_loss}.keras")
    with pytest.raises(ArgumentError, match="asks for 'val_loss', which is not known"):
        network().fit(X, Y, callbacks=[checkpoint], verbose=0)


def test_history_is_taken_from_the_list_where_it_is_given() -> None:
    own = History()
    model = network()
    assert model.fit(X, Y, callbacks=[own], verbose=0) is own
    assert model.history is own
    model.fit(X, Y, callbacks=[own], verbose=0)
    assert len(own.history["loss"]) == 2
    assert own.epoch == [0]


def test_lists_of_callbacks_may_be_nested() -> None:
    listeners = CallbackList([[EarlyStopping()], (History(),)], model=network(), add_history=True)
    assert [type(callback).__name__ for callback in listeners.callbacks] == [
        "EarlyStopping",
        "History",
    ]
