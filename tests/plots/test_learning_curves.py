"""Learning curves as a figure."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import scallion
from scallion.errors import ArgumentError, DataError, FileError, MissingFileError
from scallion.plots.style import TRAINING, VALIDATION
from scallion.runs import RunFolder

HISTORY = {
    "accuracy": [0.5, 0.7, 0.8],
    "loss": [1.0, 0.6, 0.4],
    "val_accuracy": [0.5, 0.625, 0.6],
    "val_loss": [1.1, 0.8, 0.9],
}


def texts(axes: object) -> set[str]:
    """Return all texts in a panel but tick labels."""
    titles = {axes.get_title(loc=side) for side in ("left", "center", "right")}
    return {text.get_text() for text in axes.texts} | titles | {axes.get_xlabel()} - {""}


def test_loss_and_accuracy_have_panels_with_labelled_curves() -> None:
    loss, accuracy = scallion.plot(HISTORY).axes
    assert {"Loss", "training", "validation", "epoch"} <= texts(loss)
    assert {"Accuracy", "training", "validation", "epoch"} <= texts(accuracy)
    drawn = {line.get_color(): list(line.get_ydata()) for line in loss.lines[:2]}
    assert drawn == {TRAINING: HISTORY["loss"], VALIDATION: HISTORY["val_loss"]}
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]


def test_the_best_epoch_is_marked_with_its_value() -> None:
    loss, accuracy = scallion.plot(HISTORY).axes
    assert "0.8 in the best epoch, 2" in texts(loss)
    assert "62.5 % in the best epoch, 2" in texts(accuracy)
    assert (list(loss.lines[2].get_xdata()), list(loss.lines[2].get_ydata())) == ([2], [0.8])


def test_without_validation_only_training_is_drawn() -> None:
    figure = scallion.plot({"loss": [1.0, 0.5]})
    (panel,) = figure.axes
    assert {text.get_text() for text in panel.texts} == {"training"}


def test_a_single_epoch_is_a_dot() -> None:
    (panel,) = scallion.plot({"loss": [1.0]}).axes
    assert panel.lines[0].get_marker() == "o"


def test_labels_at_equal_heights_do_not_overlap() -> None:
    (panel,) = scallion.plot({"loss": [1.0, 0.5], "val_loss": [1.1, 0.501]}).axes
    heights = {text.get_text(): text.xy[1] for text in panel.texts}
    assert heights["validation"] - heights["training"] >= 0.08


def test_a_curve_that_turns_nan_is_labelled_where_it_ends() -> None:
    (panel,) = scallion.plot({"loss": [1.0, 0.5, np.nan, np.nan]}).axes
    (label,) = panel.texts
    assert label.xy[0] == 2


def test_a_curve_of_nan_only_is_drawn() -> None:
    (panel,) = scallion.plot({"loss": [np.nan], "val_loss": [np.nan]}).axes
    assert not panel.texts


def test_other_metrics_have_panels_and_learning_rates_do_not() -> None:
    figure = scallion.plot({**HISTORY, "precision": [0.1, 0.2, 0.3], "learning_rate": [1, 1, 1]})
    shown = [axes.get_title(loc="left") for axes in figure.axes if axes.axison]
    assert shown == ["Loss", "Accuracy", "Precision"]


def test_a_history_of_fit_is_drawn(tmp_path: Path) -> None:
    history = SimpleNamespace(history=HISTORY, epoch=[0, 1, 2])
    assert len(scallion.plot(history).axes) == 2


def test_a_data_frame_is_drawn() -> None:
    pandas = pytest.importorskip("pandas")
    figure = scallion.plot(pandas.DataFrame.from_dict(HISTORY))
    assert list(figure.axes[1].lines[0].get_ydata()) == HISTORY["accuracy"]


def test_a_run_folder_and_its_csv_are_drawn(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_history([{"epoch": n, "loss": 1 / n, "seconds": 2.0} for n in (1, 2)])
    for source in (run, tmp_path, str(tmp_path), run.history):
        (panel,) = scallion.plot(source).axes
        assert list(panel.lines[0].get_ydata()) == [1.0, 0.5]


def test_a_png_contains_its_description(tmp_path: Path) -> None:
    path = tmp_path / "history.png"
    scallion.plot(HISTORY, path)
    with Image.open(path) as image:
        assert image.size == (1380, 525)
        assert image.info["Description"].startswith("Loss over 3 epochs: in training from 1 to 0.4")


def test_a_notebook_shows_the_figure_without_pyplot() -> None:
    assert scallion.plot(HISTORY)._repr_png_().startswith(b"\x89PNG")


def test_neither_pyplot_nor_tkinter_is_imported() -> None:
    program = (
        "import scallion, sys; scallion.plot({'loss': [1, 0.5]}, sys.argv[1]);"
        "print('matplotlib.pyplot' in sys.modules, 'tkinter' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "x.png"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path.home(),
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        ({}, DataError, "the history is empty"),
        ({"loss": []}, DataError, "the history is empty"),
        ({"epoch": [1, 2]}, DataError, "the history is empty"),
        ({"loss": [1], "accuracy": [1, 2]}, DataError, "differ in length"),
        ({"loss": ["a"]}, DataError, "'loss' of the history holds no numbers"),
        (7, ArgumentError, "Received: int"),
        ("nothere", MissingFileError, r"history\.csv: it does not exist"),
    ],
)
def test_unusable_histories_are_refused(
    history: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        scallion.plot(history)
    assert caught.value.hint


def test_an_unwritable_path_is_a_file_error() -> None:
    with pytest.raises(FileError, match="cannot write"):
        scallion.plot(HISTORY, "/dev/null/history.png")


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [TRAINING, VALIDATION])
def test_coloured_text_has_enough_contrast_on_white(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_curves_differ_in_grey() -> None:
    loss, _ = scallion.plot(HISTORY).axes
    assert loss.lines[0].get_linestyle() != loss.lines[1].get_linestyle()


def test_all_panels_mark_the_epoch_that_a_run_keeps() -> None:
    history = {
        "loss": [1.0, 0.5, 0.3, 0.2],
        "val_loss": [0.5, 0.7, 0.6, 0.9],
        "accuracy": [0.5, 0.7, 0.8, 0.9],
        "val_accuracy": [0.5, 0.8, 0.8, 0.7],
    }
    loss, accuracy = scallion.plot(history).axes
    assert "0.6 in the best epoch, 3" in texts(loss)  # of two equals, that with the lower loss
    assert "80.0 % in the best epoch, 3" in texts(accuracy)
