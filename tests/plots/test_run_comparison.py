"""The validation curves of several runs in one figure."""

from pathlib import Path

from PIL import Image

from scallion.plots import plot_runs

RUNS = {
    "a-1": {"loss": [1.0, 0.5], "val_loss": [1.1, 0.6], "val_accuracy": [0.5, 0.7]},
    "b-1": {"loss": [1.0], "val_loss": [1.2], "val_accuracy": [0.4]},
    "c-1": {"loss": [1.0, 0.9]},
}


def test_each_validated_run_has_a_labelled_line() -> None:
    loss, accuracy = plot_runs(RUNS).axes
    assert [line.get_label() for line in loss.lines] == ["a-1", "b-1"]
    assert [list(line.get_ydata()) for line in accuracy.lines] == [[0.5, 0.7], [0.4]]
    assert loss.lines[1].get_marker() == "o"  # a single epoch


def test_the_file_contains_a_description(tmp_path: Path) -> None:
    plot_runs(RUNS, tmp_path / "runs.png")
    with Image.open(tmp_path / "runs.png") as image:
        assert image.info["Description"].endswith("of a-1, b-1, c-1, one line per run.")
