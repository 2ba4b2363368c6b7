"""`scallion train`: what it prints, what it keeps, and how it ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from commands import Command, refused
from scallion import files
from scallion.datasets import bundled
from scallion.models import Model


def test_training_prints_scores_time_and_folder(run: Command, stripes: Path) -> None:
    output = run("train", stripes, "--epochs", 3, "--batch-size", 16)
    assert output.code == 0
    validation, test, time, place, diagnosis, *_ = output.out.splitlines()
    assert "of 12 images correct (95 % interval " in validation
    assert "of 30 images correct" in test
    assert "evaluated once" in test
    assert "images per second" in time
    assert "runs/stripes-1: model.keras, history.csv, history.png" in place
    assert diagnosis.startswith("Diagnosis:  ")


def test_progress_in_a_file_is_one_line_per_epoch(run: Command, stripes: Path) -> None:
    err = run("train", stripes, "--epochs", 3, "--limit", 60).err
    lines = err.splitlines()
    assert lines[0].startswith(
        "data   stripes: 54 training, 6 validation and 30 test images of 8x8x1"
    )
    assert "only the first 60 training images" in lines[0]
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert [line.split("  ")[0] for line in epochs] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "left" in epochs[0]
    assert "left" not in epochs[2]
    assert "\x1b" not in err
    assert "\r" not in err


def test_a_run_folder_has_all_its_files(run: Command, stripes: Path) -> None:
    run("train", stripes, "--epochs", 1, "--out", "here/there")
    assert sorted(path.name for path in Path("here/there/stripes-1").iterdir()) == [
        "config.json",
        "environment.json",
        "evaluation.json",
        "events.jsonl",
        "history.csv",
        "history.png",
        "last",
        "model.keras",
    ]


def test_options_reach_the_configuration(run: Command, stripes: Path) -> None:
    run(
        *("train", stripes, "--model", "quick", "--epochs", 2, "--batch-size", 8),
        *("--lr", 0.02, "--seed", 7, "--threads", 1, "--limit", 100),
    )
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert (config["epochs"], config["batch_size"], config["learning_rate"]) == (2, 8, 0.02)
    assert (config["seed"], config["data"]["limit"]) == (7, 100)
    environment = json.loads(Path("runs/stripes-1/environment.json").read_text())
    assert environment["threads"] == 1


def test_overrides_reach_the_configuration(run: Command, stripes: Path) -> None:
    run(
        *("train", stripes, "--epochs", 1, "--patience", 2, "--set", "filters=8"),
        *("--set", "conv2d.kernel_size=5,3", "--metrics", "sparse_categorical_accuracy"),
    )
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert config["overrides"] == {"filters": 8, "conv2d.kernel_size": [5, 3]}
    assert (config["patience"], config["metrics"]) == (2, ["sparse_categorical_accuracy"])


def test_json_output_is_one_object(run: Command, stripes: Path) -> None:
    output = run("train", stripes, "--epochs", 2, "--json")
    figures = json.loads(output.out)
    assert list(figures) == [
        "run",
        "model",
        "parameters",
        "epochs",
        "seconds",
        "images_per_second",
        "val_accuracy",
        "test_accuracy",
        "findings",
    ]
    assert figures["run"] == "runs/stripes-1"
    assert (figures["model"], figures["epochs"]) == ("quick", 2)
    assert (
        figures["parameters"]
        == json.loads(run("summary", "--input", "8x8x1", "--classes", 3, "--json").out)[
            "parameters"
        ]
    )
    assert 0 <= figures["test_accuracy"] <= 1
    assert "epoch 2/2" in output.err
    assert "evaluated once" in output.err


def test_ctrl_c_keeps_the_run_and_exits_130(stripes: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scallion", "train", str(stripes), "--json"]
    with subprocess.Popen(
        [*command, "--epochs", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        for line in process.stderr:
            if line.startswith("epoch "):
                process.send_signal(2)
                break
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["test_accuracy"] is None
    assert "Stopped in epoch" in err
    assert "Traceback" not in err
    left = {path.name for path in (tmp_path / "runs" / "stripes-1").iterdir()}
    assert {"model.keras", "history.csv", "history.png", "evaluation.json"} <= left


def test_a_stopped_run_is_resumed(
    run: Command, stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scallion.runs.training.callbacks.recorder import Recorder

    def stop(self: Recorder, epoch: int, logs: object = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(Recorder, "on_epoch_begin", stop)
        assert run("train", stripes, "--epochs", 3).code == 130
    output = run("train", "--resume", "runs/stripes-1", "--json")
    assert (output.code, json.loads(output.out)["epochs"]) == (0, 3)
    lines = [line for line in output.err.splitlines() if line.startswith("epoch ")]
    assert [line.split("  ")[0] for line in lines] == ["epoch 2/3", "epoch 3/3"]
    refused(run("train", "--resume", "runs/stripes-1"), "is finished", "train again")


def test_a_time_budget_is_printed_and_resolved(run: Command, stripes: Path) -> None:
    output = run("train", stripes, "--minutes", 0.02, "--set", "filters=4")
    assert output.code == 0
    assert "time   about " in output.err
    assert "per epoch: ends at " in output.err
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert config["steps"] == config["settings"]["steps"] >= 1
    assert f"train  {config['steps']} step" in output.err
    refused(run("train", "--minutes", 1, "--epochs", 3), "--minutes decides", "leave out --epochs")
    refused(run("train", "--minutes", 1, "--steps", 3), "--minutes decides", "leave out --steps")


def test_steps_replace_epochs(run: Command, stripes: Path) -> None:
    output = run("train", stripes, "--steps", 5, "--batch-size", 32, "--set", "filters=4")
    assert "train  5 steps in 2 epochs, 32 images per step" in output.err
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert (config["steps"], config["epochs"]) == (5, 2)
    refused(run("train", "--steps", 5, "--epochs", 3), "--steps decides", "leave out --epochs")


def test_resuming_takes_no_other_settings(run: Command) -> None:
    output = run("train", "--resume", "runs/stripes-1", "--epochs", 3)
    refused(output, "with --resume all settings stay as they were", "leave out --epochs")
    refused(run("train", "--resume", "nowhere"), "is not a run folder", "name a folder")


def test_an_unknown_data_set_suggests_the_nearest(run: Command) -> None:
    refused(run("train", "fashion-mnits"), "unknown data set", "did you mean 'fashion-mnist'?")


def test_an_unknown_model_suggests_the_nearest(run: Command) -> None:
    refused(run("train", "--model", "lessen"), "unknown model", "did you mean 'lesson'?")


def test_an_error_prints_no_json(run: Command) -> None:
    refused(run("train", "nothere.npz", "--json"), "nothere.npz", "check the name")


def test_an_unwritable_folder_is_found_before_training(run: Command, stripes: Path) -> None:
    Path("taken").write_text("")
    output = run("train", stripes, "--out", "taken")
    refused(output, "is a file, not a folder", "rename that file, or choose another folder")
    assert "epoch" not in output.err


def test_a_damaged_file_of_the_package_is_named(
    run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for file in (bundled.DATA / "mnist").iterdir():
        (folder / file.name).symlink_to(file)
    labels = folder / "train-labels-idx1-ubyte.gz"
    damaged = bytearray(labels.read_bytes())
    damaged[1000] ^= 1
    labels.unlink()
    labels.write_bytes(damaged)
    monkeypatch.setattr(bundled, "DATA", folder.parent)
    output = run("train", "mnist")
    refused(
        output,
        "train-labels-idx1-ubyte.gz, a file of the package, is damaged",
        "in the folder of Scallion",
    )


def test_images_too_small_name_the_layer(run: Command, stripes: Path) -> None:
    output = run("train", stripes, "--model", "lesson")
    assert (output.code, output.out) == (2, "")
    assert "does not fit" in output.err
    assert "\nhint: " in output.err
    assert not Path("runs").exists()


def test_a_diverging_run_exits_2_with_a_hint(
    run: Command, stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scallion.models.training import training_loop

    def poisoned(value: float) -> bool:
        return False

    monkeypatch.setattr(training_loop, "isfinite", poisoned)
    refused(run("train", stripes), "the loss is NaN or infinite", "a lower learning rate")


def test_the_engine_reaches_the_run(run: Command, stripes: Path) -> None:
    output = run("train", stripes, "--epochs", 1, "--engine", "reference")
    assert "the reference engine" in output.err
    environment = json.loads(Path("runs/stripes-1/environment.json").read_text())
    assert environment["engine"] == "reference"


def test_a_run_of_another_version_is_refused_by_name(run: Command, stripes: Path) -> None:
    run("train", stripes, "--epochs", 1)
    path = Path("runs/stripes-1/config.json")
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 99', 1))
    output = run("evaluate", "runs/stripes-1")
    refused(output, "config.json has format version 99", "use the Scallion that trained this run")
    assert json.loads(run("runs", "--json").out)["runs"][0]["status"] == "unreadable"


def test_ctrl_c_says_how_to_resume(
    run: Command, stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = Model.save

    def press_and_save(model: Model, *arguments: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        saving(model, *arguments)

    monkeypatch.setattr(Model, "save", press_and_save)
    done = run("train", stripes, "--epochs", 3, "--out", "my runs")
    assert done.code == 130
    assert "Resume it with: scallion train --resume 'my runs/stripes-1'\n" in done.out
    monkeypatch.undo()


@pytest.mark.parametrize("seconds", [0.4, 1.5, 2.2])
def test_ctrl_c_in_a_terminal_says_what_is_stored(stripes: Path, seconds: float) -> None:
    command = [sys.executable, "-m", "scallion", "train", str(stripes), "--epochs", "30"]
    process = subprocess.Popen(
        command, cwd=stripes.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(seconds)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.03)
    out, err = process.communicate(timeout=60)
    folder = stripes.parent / "runs" / "stripes-1"
    if not folder.exists():
        assert process.returncode in (130, -signal.SIGINT)
        return
    status = files.read_json(folder / "evaluation.json")["status"]
    assert "Traceback" not in err
    assert (status == "interrupted") == ("Resume it with" in out)
    assert process.returncode == {"interrupted": 130, "finished": 0}[status]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--engine", "fast"], "Received: engine='fast'", "--engine auto"),
        (["--minutes", "-2"], "minutes is a number above 0", "--minutes 2"),
        (["--lr", "0"], "the learning rate is a number above 0", "--lr 0.001"),
        (["--set", "label_smoothing=2"], "label_smoothing is", "--set label_smoothing=0.1"),
        (["--metrics", "precison"], "unknown metric", "did you mean 'precision'? Near: "),
    ],
)
def test_hints_are_options_of_the_command(
    run: Command, stripes: Path, arguments: list[str], message: str, hint: str
) -> None:
    output = run("train", stripes, *arguments)
    refused(output, message, hint)
    assert len(output.err) < 300


def test_a_word_for_a_number_is_named_in_plain_words(run: Command) -> None:
    for arguments in (["--epochs", "two"], ["--seed", "x"], ["--threads", "1.5"]):
        output = run("train", *arguments)
        assert output.code == 2
        assert "is not an integer." in output.err
    assert "is not a number." in run("train", "--lr", "fast").err


@pytest.mark.parametrize("wrong", ["cels", "cell", "./cels"])
def test_a_misspelt_folder_suggests_the_folder(run: Command, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "cells").mkdir()
    output = run("train", wrong)
    assert output.code == 2
    assert "cells?" in output.err.partition("hint: did you mean")[2]


def test_validation_arrays_are_used_and_unused_ones_named(run: Command) -> None:
    x = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    y = np.arange(60) % 2
    np.savez("own.npz", x_train=x, y_train=y, x_val=x[:7], y_val=y[:7], masks=x)
    output = run("train", "own.npz", "--epochs", 1)
    assert "54 training, 7 validation and 6 test images of 8x8x1" in output.err
    assert "Not used: 'masks'. The test images were taken from the training images." in output.err


def test_a_second_run_says_that_its_test_images_were_used_before(
    run: Command, stripes: Path
) -> None:
    first, second = (run("train", stripes, "--epochs", 1, "--seed", seed).out for seed in (1, 2))
    said = "Other runs in runs were evaluated on the same test images, once: "
    assert said not in first
    assert said in second
