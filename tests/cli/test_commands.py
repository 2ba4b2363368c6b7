"""The commands as a user types them: what they print, where, and their exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import scallion
from commands import Command, Ending
from scallion.datasets import bundled


def refused(ending: Ending, message: str, hint: str) -> None:
    assert ending.code == 2
    assert ending.out == ""
    assert message in ending.err
    assert f"\nhint: {hint}" in ending.err
    assert "Traceback" not in ending.err


def test_training_ends_with_scores_and_the_place_of_the_run(run: Command, stripes: Path) -> None:
    ending = run("train", stripes, "--epochs", 3, "--batch-size", 16)
    assert ending.code == 0
    validation, test, time, place, diagnosis, *_ = ending.out.splitlines()
    assert "of 12 images correct (95 % interval " in validation
    assert "of 30 images correct" in test
    assert "evaluated once" in test
    assert "images per second" in time
    assert "runs/stripes-1: model.keras, history.csv, history.png" in place
    assert diagnosis.startswith("Diagnosis:  ")


def test_progress_is_one_plain_line_an_epoch_on_standard_error(run: Command, stripes: Path) -> None:
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


def test_settings_of_layers_reach_the_configuration(run: Command, stripes: Path) -> None:
    run(
        *("train", stripes, "--epochs", 1, "--patience", 2, "--set", "filters=8"),
        *("--set", "conv2d.kernel_size=5,3", "--metrics", "sparse_categorical_accuracy"),
    )
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert config["overrides"] == {"filters": 8, "conv2d.kernel_size": [5, 3]}
    assert (config["patience"], config["metrics"]) == (2, ["sparse_categorical_accuracy"])


def test_with_json_standard_output_is_one_object(run: Command, stripes: Path) -> None:
    ending = run("train", stripes, "--epochs", 2, "--json")
    figures = json.loads(ending.out)
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
    assert "epoch 2/2" in ending.err
    assert "evaluated once" in ending.err


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


def test_a_stopped_run_is_resumed_where_it_was(
    run: Command, stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scallion.runs.training.recorder import Recorder

    def stop(self: Recorder, epoch: int, logs: object = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(Recorder, "on_epoch_begin", stop)
        assert run("train", stripes, "--epochs", 3).code == 130
    ending = run("train", "--resume", "runs/stripes-1", "--json")
    assert (ending.code, json.loads(ending.out)["epochs"]) == (0, 3)
    lines = [line for line in ending.err.splitlines() if line.startswith("epoch ")]
    assert [line.split("  ")[0] for line in lines] == ["epoch 2/3", "epoch 3/3"]
    refused(run("train", "--resume", "runs/stripes-1"), "is finished", "train again")


def test_a_budget_is_said_and_resolved(run: Command, stripes: Path) -> None:
    ending = run("train", stripes, "--minutes", 0.02, "--set", "filters=4")
    assert ending.code == 0
    assert "time   about " in ending.err
    assert "per epoch: ends at " in ending.err
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert config["steps"] == config["settings"]["steps"] >= 1
    assert f"train  {config['steps']} step" in ending.err
    refused(run("train", "--minutes", 1, "--epochs", 3), "--minutes decides", "leave out --epochs")
    refused(run("train", "--minutes", 1, "--steps", 3), "--minutes decides", "leave out --steps")


def test_a_run_is_asked_for_its_steps(run: Command, stripes: Path) -> None:
    ending = run("train", stripes, "--steps", 5, "--batch-size", 32, "--set", "filters=4")
    assert "train  5 steps in 2 epochs, 32 images per step" in ending.err
    config = json.loads(Path("runs/stripes-1/config.json").read_text())
    assert (config["steps"], config["epochs"]) == (5, 2)
    refused(run("train", "--steps", 5, "--epochs", 3), "--steps decides", "leave out --epochs")


def test_what_is_resumed_takes_no_other_settings(run: Command) -> None:
    ending = run("train", "--resume", "runs/stripes-1", "--epochs", 3)
    refused(ending, "with --resume all settings stay as they were", "leave out --epochs")
    refused(run("train", "--resume", "nowhere"), "is not a run folder", "name a folder")


def test_an_unknown_data_set_is_answered_with_the_nearest(run: Command) -> None:
    refused(run("train", "fashion-mnits"), "unknown data set", "did you mean 'fashion-mnist'?")


def test_an_unknown_model_is_answered_with_the_nearest(run: Command) -> None:
    refused(run("train", "--model", "lessen"), "unknown model", "did you mean 'lesson'?")


def test_with_json_an_error_leaves_standard_output_empty(run: Command) -> None:
    refused(run("train", "nothere.npz", "--json"), "nothere.npz", "check the name")


def test_a_folder_that_cannot_be_written_is_found_before_training(
    run: Command, stripes: Path
) -> None:
    Path("taken").write_text("")
    ending = run("train", stripes, "--out", "taken")
    refused(ending, "is a file, not a folder", "rename that file, or choose another folder")
    assert "epoch" not in ending.err


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
    ending = run("train", "mnist")
    refused(ending, "train-labels-idx1-ubyte.gz, a file of the package, is damaged", "pip install")


def test_images_that_are_too_small_show_the_layer_that_fails(run: Command, stripes: Path) -> None:
    ending = run("train", stripes, "--model", "lesson")
    assert (ending.code, ending.out) == (2, "")
    assert "does not fit" in ending.err
    assert "\nhint: " in ending.err
    assert not Path("runs").exists()


def test_a_loss_that_is_no_number_exits_2_with_a_hint(
    run: Command, stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scallion.models import training_loop

    def poisoned(value: float) -> bool:
        return False

    monkeypatch.setattr(training_loop, "isfinite", poisoned)
    refused(run("train", stripes), "the loss is NaN or infinite", "a lower learning rate")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("train", "--epochs", "0"), "--epochs"),
        (("train", "--epochs", "many"), "--epochs"),
        (("train", "--epoch", "3"), "--epochs"),
        (("train", "--threads", "0"), "--threads"),
        (("train", "--limit", "-5"), "--limit"),
        (("train", "--seed", "-1"), "--seed"),
        (("train", "--patience", "-1"), "--patience"),
        (("train", "--set", "dropout"), "--set"),
        (("train", "mnist", "cifar10"), "cifar10"),
        (("tarin",), "train"),
        (("summary", "--classes", "1"), "--classes"),
    ],
)
def test_a_mistake_in_the_options_names_the_option(
    run: Command, arguments: tuple[str, ...], complaint: str
) -> None:
    ending = run(*arguments)
    assert (ending.code, ending.out) == (2, "")
    assert complaint in ending.err
    assert "Traceback" not in ending.err


# The seed lesson's first two layers, and its totals.
def test_the_classic_summary_is_keras_2s(run: Command) -> None:
    ending = run(*("summary", "--model", "lesson-deep", "--input", "32x32x3", "--style", "classic"))
    assert ending.code == 0
    lines = ending.out.splitlines()
    assert "max_pooling2d_1 (MaxPooling2 (None, 6, 6, 32)          0" in lines
    assert "Total params: 36,138" in lines


def test_a_summary_as_json_counts_the_same(run: Command) -> None:
    figures = json.loads(run("summary", "--model", "lesson", "--input", "32x32x3", "--json").out)
    assert figures["parameters"] == 47370
    assert sum(layer["parameters"] for layer in figures["layers"]) == 47370
    assert figures["layers"][1]["arithmetic"] == "3*3*3*32 + 32 = 896"
    assert figures["layers"][1]["output_shape"] == [None, 30, 30, 32]


@pytest.mark.parametrize("text", ["32", "0x3x3", "axbxc", "32x32x3x3", ""])
def test_a_size_that_is_none_is_refused(run: Command, text: str) -> None:
    refused(run("summary", "--input", text), "height x width x channels", "--input 32x32x3")


def test_an_unknown_style_is_answered_with_the_nearest(run: Command) -> None:
    refused(run("summary", "--style", "clasic"), "unknown style", "did you mean 'classic'?")


def test_the_doctor_says_what_is_there(run: Command) -> None:
    ending = run("doctor")
    assert ending.code == 0
    heads = [line.split()[0] for line in ending.out.splitlines()]
    assert heads[:7] == ["scallion", "python", "system", "processor", "engine", "threads", "speed"]
    assert {"fashion-mnist", "mnist", "cifar10", "cifar100"} <= set(heads)


def test_the_doctor_as_json(run: Command) -> None:
    figures = json.loads(run("doctor", "--threads", 1, "--json").out)
    assert figures["environment"]["scallion"] == scallion.__version__
    assert figures["environment"]["threads"] == 1
    assert [place["name"] for place in figures["data"]][:2] == ["fashion-mnist", "mnist"]


def test_the_version(run: Command) -> None:
    assert run("--version") == (0, f"scallion {scallion.__version__}\n", "")


@pytest.mark.parametrize(
    "command",
    [
        *("train", "evaluate", "predict", "compare", "verify", "runs", "runs rm"),
        *("summary", "doctor"),
    ],
)
def test_help_shows_an_example_of_each_command(run: Command, command: str) -> None:
    ending = run(*command.split(), "--help")
    assert ending.code == 0
    assert f"\n    scallion {command}" in ending.out


def test_help_is_there_without_loading_anything_heavy() -> None:
    program = (
        "import sys; sys.argv = ['scallion', '--help']\n"
        "from scallion.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"numpy", "rich", "matplotlib", "h5py", "msgspec", "PIL"})
