"""Resuming of stopped runs, bit-identical to runs that were never stopped."""

import errno
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from killed_training import check_readable, killed_after, killed_at_call
from scallion import files
from scallion.callbacks import Callback
from scallion.errors import (
    FileError,
    StateError,
)
from scallion.runs import (
    PreparedRun,
    RunOptions,
    RunResult,
    Settings,
    create_run_folder,
    prepare,
    reopen_run,
    resume,
    train,
)
from stripe_runs import EPOCHS, STEPS, are_identical
from stripes import save_stripes


def prepared(data: Path, **settings: object) -> PreparedRun:
    arguments = {
        "epochs": EPOCHS,
        "batch_size": 16,
        "out": data.parent / "runs",
        "overrides": {"filters": 4},
    }
    return prepare(Settings(str(data), **{**arguments, **settings}))


class StopAt(Callback):
    """Raises at a step, counted from 1 over the whole training."""

    def __init__(self, step: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        super().__init__()
        self.left = step
        self.error = error

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error


@pytest.fixture(scope="module")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stripes(tmp_path_factory.mktemp("stripes"))


@pytest.fixture(scope="module")
def whole(stripes: Path) -> RunResult:
    """The run that was never stopped."""
    return train(prepared(stripes))


@pytest.mark.parametrize("step", [1, STEPS + 1, 3 * STEPS + 2])
def test_an_interrupted_run_resumes_bit_identically(
    stripes: Path, whole: RunResult, step: int
) -> None:
    stopped = train(prepared(stripes), callbacks=[StopAt(step)])
    assert stopped.status == "interrupted"
    result = resume(stopped.run.path)
    assert result.run == stopped.run
    assert are_identical(result.run.path, whole.run.path)
    assert (result.best_epoch, result.test, result.validation) == (
        whole.best_epoch,
        whole.test,
        whole.validation,
    )


def test_overrides_and_metrics_resume(stripes: Path) -> None:
    settings = {
        "overrides": {"filters": 8, "optimizer": "sgd", "momentum": 0.5},
        "metrics": ("sparse_top_k_categorical_accuracy",),
    }
    whole = train(prepared(stripes, **settings))
    stopped = train(prepared(stripes, **settings), callbacks=[StopAt(2 * STEPS + 3)])
    assert are_identical(resume(stopped.run.path).run.path, whole.run.path)


def test_patience_continues_counting(stripes: Path) -> None:
    settings = {"epochs": 14, "patience": 2, "learning_rate": 0.1}
    whole = train(prepared(stripes, **settings))
    assert whole.epochs < 14
    # One epoch without a better one has gone by, and the second is on its way.
    step = (whole.epochs - 1) * STEPS + 3
    stopped = train(prepared(stripes, **settings), callbacks=[StopAt(step)])
    assert are_identical(resume(stopped.run.path).run.path, whole.run.path)


def test_callbacks_resume_with_their_state(stripes: Path) -> None:
    from scallion.callbacks import EarlyStopping

    def stopper() -> EarlyStopping:
        return EarlyStopping("loss", min_delta=100, patience=2, restore_best_weights=True)

    whole = train(prepared(stripes), callbacks=[stopper()])
    assert whole.epochs == 3
    stopped = train(prepared(stripes), callbacks=[stopper(), StopAt(STEPS + 3)])
    result = resume(stopped.run.path, options=RunOptions(callbacks=[stopper()]))
    assert are_identical(result.run.path, whole.run.path)


def test_a_trained_run_is_only_evaluated(stripes: Path, whole: RunResult) -> None:
    class DieInScoring(Callback):
        def on_predict_begin(self, logs: object = None) -> None:
            raise SystemExit

    with pytest.raises(SystemExit):
        train(prepared(stripes), callbacks=[DieInScoring()])
    folder = max(whole.run.path.parent.iterdir(), key=lambda path: int(path.name.split("-")[1]))
    started: list[int] = []

    class Count(Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            started.append(epoch)

    result = resume(folder, options=RunOptions(callbacks=[Count()]))
    assert started == []
    assert (result.test, result.best_epoch) == (whole.test, whole.best_epoch)


# Some twelve calls make the first epoch's files whole, and ten those of each that is the best.
@pytest.mark.parametrize("call", [4, 23])
def test_a_process_killed_between_files_resumes(stripes: Path, whole: RunResult, call: int) -> None:
    home = stripes.parent
    settings = ("--epochs", EPOCHS, "--batch-size", 16, "--out", "killed", "--set", "filters=4")
    assert killed_at_call(home, call, "train", stripes, *settings) == -9
    folders = sorted((home / "killed").glob("stripes-*"))
    assert bool(folders) == (call > 6)  # before, the folder has no name yet
    for folder in folders:
        check_readable(folder)
        assert are_identical(resume(folder).run.path, whole.run.path)


@pytest.mark.slow
def test_fifty_kills_at_random_change_nothing(tmp_path: Path) -> None:
    stripes, home = save_stripes(tmp_path), tmp_path
    epochs = 40
    whole = train(prepared(stripes, epochs=epochs))
    dice = random.Random(5)
    done = 0
    settings = ("--epochs", epochs, "--batch-size", 16, "--out", "killed", "--set", "filters=4")
    for number in range(50):
        code = killed_after(home, dice.uniform(0, whole.seconds), "train", stripes, *settings)
        folder = home / "killed" / f"stripes-{number + 1}"
        check_readable(folder)
        if (folder / "evaluation.json").exists():
            done += 1
        else:
            assert code == -9
            resume(folder)
        assert are_identical(folder, whole.run.path)
    assert done < 25  # most of them died before they were finished


def test_a_damaged_state_leaves_the_previous_one(stripes: Path, whole: RunResult) -> None:
    stopped = train(prepared(stripes), callbacks=[StopAt(3 * STEPS + 2)])
    newest = stopped.run.last / "odd.npz"  # of epoch 3
    damaged = bytearray(newest.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    newest.write_bytes(damaged)
    assert are_identical(resume(stopped.run.path).run.path, whole.run.path)


def test_two_damaged_states_are_refused(stripes: Path) -> None:
    stopped = train(prepared(stripes), callbacks=[StopAt(3 * STEPS + 2)])
    for path in stopped.run.last.glob("*.npz"):
        path.write_bytes(b"PK" + bytes(100))
    with pytest.raises(FileError, match=r"every training state in .* is damaged"):
        resume(stopped.run.path)


def test_a_full_disk_leaves_the_last_state(
    stripes: Path, whole: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run_folder(prepared(stripes))
    really, left = os.fsync, [9]

    def fill_up(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        really(descriptor)

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fill_up)
        with pytest.raises(FileError, match="the disk is full") as caught:
            train(prepared(stripes), run)
    assert caught.value.hint == "free some space, or choose another disk"
    check_readable(run.path)
    assert are_identical(resume(run.path).run.path, whole.run.path)


def test_the_environment_notes_where_it_resumes(stripes: Path) -> None:
    stopped = train(prepared(stripes), callbacks=[StopAt(9)])
    resume(stopped.run.path)
    environment = files.read_json(stopped.run.environment)
    assert [place["numpy"] for place in environment["resumed"]] == [np.__version__]


def test_a_finished_run_is_not_resumed(whole: RunResult) -> None:
    with pytest.raises(StateError, match="is finished") as caught:
        resume(whole.run.path)
    assert caught.value.hint == "train again with more epochs: --epochs N"


def test_changed_images_are_refused(stripes: Path, tmp_path: Path) -> None:
    own = shutil.copy(stripes, tmp_path / "own.npz")
    stopped = train(prepared(own), callbacks=[StopAt(9)])
    with np.load(own) as data:
        arrays = dict(data)
    arrays["x_train"][0, 0, 0] ^= 1
    np.savez(own, **arrays)
    with pytest.raises(StateError, match="the data have changed since it started"):
        reopen_run(stopped.run.path)


def test_a_changed_setting_is_refused(stripes: Path) -> None:
    stopped = train(prepared(stripes), callbacks=[StopAt(9)])
    config = files.read_json(stopped.run.config)
    config["settings"]["seed"] = 7
    files.write_json(stopped.run.config, config)
    with pytest.raises(StateError, match=r"the seed has changed .* Was: 42, is: 7"):
        reopen_run(stopped.run.path)
