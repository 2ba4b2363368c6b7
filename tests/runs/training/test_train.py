"""Training into a run folder: what is kept, what is chosen, and how it ends."""

import errno
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import scallion
from scallion.callbacks import Callback
from scallion.errors import (
    FileError,
    TrainingError,
)
from scallion.runs import PreparedRun, RunResult, Settings, prepare, train
from scallion.runs.training.callbacks.recorder import Recorder


def prepared(data: Path, **settings: object) -> PreparedRun:
    arguments = {"model": "quick", "epochs": 4, "batch_size": 16, "out": data.parent / "runs"}
    return prepare(Settings(str(data), **{**arguments, **settings}))


class At(Callback):
    """Does something once, at a step counted from 1 over the whole training."""

    def __init__(self, step: int, action: object) -> None:
        super().__init__()
        self.step = step
        self.action = action
        self.count = 0

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.count += 1
        if self.count == self.step:
            self.action()


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def read_json(path: Path) -> dict:
    return json.loads(path.read_text())


def test_a_run_folder_has_its_files(stripes: Path) -> None:
    result = train(prepared(stripes))
    assert sorted(path.name for path in result.run.path.iterdir()) == [
        "config.json",
        "environment.json",
        "evaluation.json",
        "history.csv",
        "last",
        "model.keras",
    ]
    assert result.run.path == stripes.parent / "runs" / "stripes-1"


def test_stripes_are_learned(stripes: Path) -> None:
    result = train(prepared(stripes, epochs=8))
    assert result.test.accuracy >= 0.9
    assert result.validation.total == 12
    assert result.test.total == 30


def test_the_configuration_decides_the_result(stripes: Path) -> None:
    run = prepared(stripes, seed=5, learning_rate=0.01)
    config = read_json(train(run).run.config)
    assert config["data"]["name"] == "stripes"
    assert config["data"]["image_shape"] == [8, 8, 1]
    assert config["data"]["class_names"] == ["0", "1", "2"]
    assert config["splits"] == {
        "train": 108,
        "validation": 12,
        "test": 30,
        "existing": ["test"],
        "created": ["validation"],
        "fraction": 0.1,
        "seed": 0,
        "sha256": run.splits.sha256,
        "fingerprints": {
            "train": run.splits.train.fingerprint(),
            "validation": run.splits.validation.fingerprint(),
            "test": run.splits.test.fingerprint(),
        },
    }
    assert config["model"] == {"name": "quick", "parameters": run.model.count_params()}
    assert config["preprocessing"] == {"scale": 1 / 255}
    assert (config["seed"], config["epochs"], config["batch_size"]) == (5, 4, 16)
    assert config["learning_rate"] == 0.01
    assert config["versions"]["scallion"] == scallion.__version__
    # 108 images in batches of 16 are 7 steps, four times.
    schedule = config["optimizer"]["config"]["learning_rate"]["config"]
    assert schedule["decay_steps"] + schedule["warmup_steps"] == 28


def test_the_environment_describes_the_machine(stripes: Path) -> None:
    scallion.set_threads(1)
    environment = read_json(train(prepared(stripes)).run.environment)
    assert environment["threads"] == 1
    assert environment["numpy"] == np.__version__
    assert environment["cpu"]
    assert environment["engine"] in ("native", "reference")


def test_the_history_has_one_row_per_epoch(stripes: Path) -> None:
    history = train(prepared(stripes)).run.read_history()
    assert list(history) == [
        "epoch",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
        "seconds",
    ]
    assert history["epoch"] == [1, 2, 3, 4]


def test_the_best_epoch_has_the_highest_validation_accuracy(stripes: Path) -> None:
    result = train(prepared(stripes))
    history = result.run.read_history()
    best = max(history["val_accuracy"])
    assert history["val_accuracy"][result.best_epoch - 1] == best
    assert result.validation.accuracy == pytest.approx(best, abs=1e-6)


def test_the_scores_are_those_of_the_saved_model(stripes: Path) -> None:
    run = prepared(stripes)
    result = train(run)
    kept = scallion.models.load_model(result.run.model)
    answers = kept.predict(run.splits.test.x, verbose=0).argmax(axis=1)
    assert int((answers == run.splits.test.y).sum()) == result.test.correct


def test_the_saved_model_takes_unscaled_pixels(stripes: Path) -> None:
    result = train(prepared(stripes, epochs=8))
    kept = scallion.models.load_model(result.run.model)
    with np.load(stripes) as data:
        answers = kept.predict(data["x_test"], verbose=0).argmax(axis=1)
        assert (answers == data["y_test"]).mean() == result.test.accuracy


def test_the_test_evaluation_is_counted(stripes: Path) -> None:
    result = train(prepared(stripes))
    evaluation = read_json(result.run.evaluation)
    assert evaluation["status"] == "finished"
    assert evaluation["test"]["test_evaluations"] == 1
    assert evaluation["test"]["total"] == 30
    low, high = evaluation["test"]["interval"]
    assert low <= evaluation["test"]["accuracy"] <= high


def test_the_same_seed_gives_identical_runs(stripes: Path) -> None:
    first, second = (train(prepared(stripes)) for _ in range(2))
    assert first.run.path != second.run.path
    curves = [result.run.read_history() for result in (first, second)]
    for history in curves:
        del history["seconds"]
    assert curves[0] == curves[1]
    weights = [scallion.models.load_model(o.run.model).get_weights() for o in (first, second)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_patience_stops_after_epochs_without_improvement(
    stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Recorder.on_epoch_end

    def second_is_best(self: Recorder, epoch: int, logs: dict[str, float]) -> None:
        really(self, epoch, {**logs, "val_accuracy": 0.5 if epoch == 1 else 0.25})

    monkeypatch.setattr(Recorder, "on_epoch_end", second_is_best)
    result = train(prepared(stripes, epochs=9, patience=3))
    assert (result.status, result.epochs, result.best_epoch) == ("finished", 5, 2)
    assert train(prepared(stripes, epochs=9, patience=0)).epochs == 9


def test_patience_defaults_to_the_recipe(stripes: Path) -> None:
    assert prepared(stripes).patience == 0
    assert prepared(stripes, patience=4).config()["patience"] == 4


def test_metrics_get_columns_in_the_history(stripes: Path) -> None:
    names = ("sparse_top_k_categorical_accuracy",)
    history = train(prepared(stripes, epochs=1, metrics=names)).run.read_history()
    assert {names[0], f"val_{names[0]}"} < set(history)


def test_smoothed_labels_are_trained_on(stripes: Path) -> None:

    run = prepared(stripes, epochs=8)
    recipe = replace(run.recipe, label_smoothing=0.1)
    recipe.compile(run.model, steps=run.steps.count)
    result = train(replace(run, recipe=recipe))
    assert result.test.accuracy >= 0.9
    assert read_json(result.run.config)["loss"]["label_smoothing"] == 0.1


def interrupted(data: Path, step: int) -> RunResult:
    return train(prepared(data), callbacks=[At(step, press_ctrl_c)])


def test_ctrl_c_keeps_the_best_completed_epoch(stripes: Path) -> None:
    result = interrupted(stripes, step=17)  # 7 steps per epoch: in the third
    assert (result.status, result.epochs, result.planned) == ("interrupted", 2, 4)
    assert result.run.read_history()["epoch"] == [1, 2]
    assert result.validation is not None
    assert result.test is None
    assert scallion.models.load_model(result.run.model).count_params() == result.parameters
    evaluation = read_json(result.run.evaluation)
    assert (evaluation["status"], evaluation["test"]) == ("interrupted", None)


def test_ctrl_c_in_the_first_epoch_keeps_the_weights(stripes: Path) -> None:
    result = interrupted(stripes, step=3)
    assert (result.epochs, result.best_epoch, result.validation) == (0, 0, None)
    assert not result.run.history.exists()
    assert result.run.model.is_file()


def test_the_handler_of_ctrl_c_is_restored(stripes: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    interrupted(stripes, step=2)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_skips_the_validation_score(stripes: Path) -> None:
    def twice() -> None:
        press_ctrl_c()
        press_ctrl_c()

    result = train(prepared(stripes), callbacks=[At(17, twice)])
    assert (result.status, result.epochs, result.validation) == ("interrupted", 2, None)
    assert read_json(result.run.evaluation)["best_epoch"] == result.best_epoch


def test_a_nan_loss_stops_and_leaves_a_readable_run(stripes: Path) -> None:
    run = prepared(stripes)

    def poison() -> None:
        weight = run.model.weights[-1]
        weight.assign(np.full(weight.shape, np.nan, np.float32))

    with pytest.raises(TrainingError, match="NaN or infinite") as caught:
        train(run, callbacks=[At(9, poison)])
    (folder,) = (stripes.parent / "runs").iterdir()
    ending = read_json(folder / "evaluation.json")
    assert ending["status"] == "diverged"
    first = run.model.layers[1 if run.scale == 1.0 else 2].name  # the step took all weights along
    assert ending["non_finite_layer"] == first
    assert f"The first layer with NaN or infinite values is {first!r}" in caught.value.message
    assert scallion.models.load_model(folder / "model.keras").built


def test_a_full_disk_leaves_no_partial_files(
    stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared(stripes)
    really = os.fsync
    calls = []

    def fill_up(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 8:  # the configuration, the environment and an epoch fit
            raise OSError(errno.ENOSPC, "No space left on device")
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fill_up)
    with pytest.raises(FileError, match="the disk is full") as caught:
        train(run)
    assert caught.value.hint == "free some space, or choose another disk"
    (folder,) = (stripes.parent / "runs").iterdir()
    assert not [path for path in folder.iterdir() if path.suffix == ".tmp"]
    assert read_json(folder / "config.json")["epochs"] == 4


def test_labels_of_colour_images_are_smoothed(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    path = tmp_path / "colours.npz"
    images, labels = draw.integers(0, 256, (60, 8, 8, 3), np.uint8), np.arange(60) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images[:10], y_test=labels[:10])
    smoothed = prepared(path, epochs=1)
    assert smoothed.config()["loss"]["label_smoothing"] == 0.1
    sharp = prepared(path, epochs=1, overrides={"label_smoothing": 0.0})
    assert sharp.config()["loss"]["label_smoothing"] == 0.0


def test_few_updates_are_enough_for_few_images(tmp_path: Path) -> None:
    result = scallion.runs.run(
        Settings("mnist", limit=500, epochs=2, out=tmp_path),
        options=scallion.runs.RunOptions(diagnose=False, forecast=False, evaluate_test=False),
    )
    # With 64 images per step and momentum 0.9 it is 14 %.
    assert result.validation is not None
    assert result.validation.accuracy >= 0.75
    config = result.run.read_config()
    assert config["batch_size"] == 16
