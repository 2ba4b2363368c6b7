"""Killed and resumed training is bit-identical, including its history."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion import file_versions
from scallion.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ReduceLROnPlateau,
    state_file,
)
from scallion.errors import (
    ArgumentError,
    DataError,
    FileError,
    FileVersionError,
    StateError,
)
from scallion.layers import BatchNormalization, Dense, Dropout, Flatten, Input
from scallion.metrics import AUC, F1Score, Precision
from scallion.models import Model
from scallion.optimizers import SGD, Adam
from scallion.utils import PyDataset, set_random_seed

X = np.random.default_rng(0).random((50, 4, 4, 1), np.float32)
Y = np.arange(50) % 3


class Killed(BaseException):
    """Replaces the end of the process."""


class Killer(Callback):
    def __init__(self, epoch: int, batch: int) -> None:
        super().__init__()
        self.at = epoch, batch
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if (self.epoch, batch) == self.at:
            raise Killed


class Batched(PyDataset):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> Any:
        return X[index * 10 : index * 10 + 10], Y[index * 10 : index * 10 + 10]


def network(seed: int, **options: Any) -> Model:
    set_random_seed(seed)
    start = Input((4, 4, 1))
    x = Dropout(0.3)(BatchNormalization()(Dense(6, activation="relu")(Flatten()(start))))
    model = Model(start, Dense(3, activation="softmax")(x))
    optimizer = Adam(0.01, use_ema=True, gradient_accumulation_steps=2, **options)
    measures = ["accuracy", "precision", F1Score(), AUC(name="auc")]
    measures.append(Precision(thresholds=[0.2, 0.4], name="at"))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=measures)
    return model


def listeners(csv: Path) -> list[Callback]:
    return [
        LearningRateScheduler(lambda _, rate: float(rate * 0.9)),
        ReduceLROnPlateau("loss", patience=1, min_delta=1.0),
        EarlyStopping("val_loss", patience=3, restore_best_weights=True),
        CSVLogger(csv),
    ]


def trained(model: Model, callbacks: list[Callback], **more: Any) -> dict[str, list[Any]]:
    options: dict[str, Any] = {"epochs": 5, "batch_size": 8, "verbose": 0, **more}
    data = () if "x" in more else (X, Y)
    return model.fit(*data, validation_data=(X[:9], Y[:9]), callbacks=callbacks, **options).history


def assert_the_same(a: Model, b: Model, curves: Any, others: Any) -> None:
    assert all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))
    assert curves.keys() == others.keys()
    for name, values in curves.items():
        assert all(np.array_equal(x, y) for x, y in zip(values, others[name], strict=True))
    assert a.optimizer.learning_rate == b.optimizer.learning_rate
    assert a.optimizer.batches_seen == b.optimizer.batches_seen


@pytest.mark.filterwarnings("ignore:the 50 images end")
@pytest.mark.parametrize(
    ("save_freq", "at", "more"),
    [
        pytest.param("epoch", (2, 4), {}, id="after an epoch"),
        pytest.param("epoch", (4, 0), {}, id="between two epochs"),
        pytest.param(3, (0, 5), {}, id="in the first epoch"),
        pytest.param(1, (3, 6), {}, id="at the last step"),
        pytest.param(3, (3, 2), {"steps_per_epoch": 4}, id="within the steps of an epoch"),
        pytest.param(2, (2, 3), {"x": Batched()}, id="within a PyDataset"),
    ],
)
def test_resumed_training_is_bit_identical(
    tmp_path: Path, save_freq: Any, at: tuple[int, int], more: dict[str, Any]
) -> None:
    whole = network(1)
    wanted = trained(whole, listeners(tmp_path / "whole.csv"), **more)
    backup = BackupAndRestore(tmp_path / "backup", save_freq)
    with pytest.raises(Killed):
        trained(network(1), [*listeners(tmp_path / "csv"), backup, Killer(*at)], **more)
    again = network(2)
    backup = BackupAndRestore(tmp_path / "backup", save_freq)
    found = trained(again, [*listeners(tmp_path / "csv"), backup], **more)
    assert_the_same(again, whole, found, wanted)
    assert (tmp_path / "csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not backup.path.exists()


SCRIPT = """
import sys
import numpy as np
import scallion as keras

keras.utils.set_random_seed(3)
x = np.random.default_rng(0).random((4000, 8, 8, 1), np.float32)
y = np.arange(4000) % 3
inputs = keras.Input((8, 8, 1))
hidden = keras.layers.Dropout(0.2)(keras.layers.Conv2D(4, 3, activation="relu")(inputs))
outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(hidden))
model = keras.Model(inputs, outputs)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
print("ready", flush=True)
keep = [keras.callbacks.BackupAndRestore("backup", save_freq=7)] if sys.argv[1] == "kept" else []
history = model.fit(x, y, epochs=4, callbacks=keep, verbose=0)
np.savez(sys.argv[2], *model.get_weights(), loss=history.history["loss"])
"""


def run(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_killed_at_any_moment_resumes(tmp_path: Path) -> None:
    with run(tmp_path, "plain", "whole.npz") as process:
        assert process.wait() == 0
    file, kills = tmp_path / "backup" / "training.state", 0
    random = np.random.default_rng(0)
    for _ in range(60):
        with run(tmp_path, "kept", "resumed.npz") as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(timeout=float(random.uniform(0.3, 1.5)))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                kills += file.exists()
        if (tmp_path / "resumed.npz").exists():
            break
    assert kills > 0
    with np.load(tmp_path / "whole.npz") as whole, np.load(tmp_path / "resumed.npz") as resumed:
        assert whole.files == resumed.files
        assert all(np.array_equal(whole[name], resumed[name]) for name in whole.files)


def test_training_that_stopped_early_is_not_continued(tmp_path: Path) -> None:
    def fit(model: Model) -> list[int]:
        backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
        watching = EarlyStopping("loss", min_delta=100.0, patience=1)
        return model.fit(X, Y, epochs=9, callbacks=[watching, backup], verbose=0).epoch

    assert fit(network(1)) == [0, 1]
    assert fit(network(2)) == [0, 1]


def test_other_data_raises(tmp_path: Path) -> None:
    def fit(images: int) -> None:
        backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
        network(1).fit(X[:images], Y[:images], callbacks=[backup], epochs=2, verbose=0)

    fit(50)
    with pytest.raises(DataError, match="had 50 images"):
        fit(40)


def test_another_optimizer_raises(tmp_path: Path) -> None:
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
    model = network(1)
    model.fit(X, Y, callbacks=[backup], verbose=0)
    model.compile(SGD(), "sparse_categorical_crossentropy")
    with pytest.raises(StateError, match="another optimizer"):
        model.fit(X, Y, callbacks=[backup], epochs=2, verbose=0)


def test_a_damaged_backup_raises(tmp_path: Path) -> None:
    backup = BackupAndRestore(tmp_path)
    backup.path.write_bytes(b"PK nonsense")
    with pytest.raises(FileError, match="is damaged"):
        network(1).fit(X, Y, callbacks=[backup], verbose=0)


def test_a_backup_of_another_version_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
    with monkeypatch.context() as patch:
        patch.setattr(file_versions, "TRAINING_STATE", 7)
        network(1).fit(X, Y, callbacks=[backup], verbose=0)
    with pytest.raises(FileVersionError, match="has format version 7") as caught:
        network(1).fit(X, Y, callbacks=[backup], verbose=0)
    assert caught.value.hint == "start again: delete training.state, or give another folder"


def test_a_state_file_round_trips(tmp_path: Path) -> None:
    state = {"a": [1, 2.5, None, "x", True], "b": {"c": np.arange(6.0).reshape(2, 3)}}
    state_file.write(tmp_path / "state", state)
    again = state_file.read(tmp_path / "state")
    assert again["a"] == state["a"]
    np.testing.assert_array_equal(again["b"]["c"], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize("arguments", [("",), ("x", "batch"), ("x", 0), ("x", True)])
def test_invalid_backup_arguments_raise(arguments: Any) -> None:
    with pytest.raises(ArgumentError):
        BackupAndRestore(*arguments)


def test_a_model_that_is_not_training_has_no_loop() -> None:
    with pytest.raises(StateError, match="is not training"):
        _ = network(1).training_loop
