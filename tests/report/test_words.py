"""Curves and outcomes in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scallion.findings import Finding
from scallion.insight.prose import percent
from scallion.report import describe, outcome_in_words
from scallion.report.words import duration, plan_in_words
from scallion.runs import Outcome, RunFolder, Score, Settings, prepare

OUTCOME = Outcome(
    run=RunFolder(Path("runs/mnist-1")),
    model="quick",
    parameters=42986,
    ended="finished",
    epochs=8,
    planned=8,
    best_epoch=7,
    seconds=71.3,
    images_per_second=5912.3,
    validation=Score(5508, 6000),
    test=Score(9180, 10000),
)


def test_the_curves_are_told_with_their_ends_and_the_best_epoch() -> None:
    history = {
        "loss": [1.0, 0.6, 0.4],
        "val_loss": [1.1, 0.8, 0.9],
        "accuracy": [0.5, 0.7, 0.8],
        "val_accuracy": [0.5, 0.625, 0.6],
    }
    assert describe(history) == (
        "Loss over 3 epochs: in training from 1 to 0.4; in validation from 1.1 to 0.9, best 0.8 in "
        "epoch 2. Accuracy over 3 epochs: in training from 50.0 % to 80.0 %; in validation from "
        "50.0 % to 60.0 %, best 62.5 % in epoch 2."
    )


def test_a_single_epoch_is_told_without_a_course() -> None:
    assert describe({"loss": [0.5], "val_loss": [0.75]}) == (
        "Loss over 1 epoch: in training 0.5; in validation 0.75."
    )


def test_what_is_no_number_is_called_so() -> None:
    assert "to not a number" in describe({"loss": [1.0, np.nan]})


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0.0 %"), (0.99996, "99.9 %"), (1, "100.0 %"), (0.0004, "0.0 %")]
)
def test_a_share_is_never_rounded_up_to_all(share: float, text: str) -> None:
    assert percent(share) == text


# Intervals: scipy 1.17.1, binomtest(9180, 10000).proportion_ci(method="wilson"), and 5508 of 6000.
def test_an_outcome_is_told_with_its_intervals() -> None:
    validation, test, time, _ = outcome_in_words(OUTCOME).splitlines()
    assert validation == (
        "Validation: 91.8 % of 6,000 images right (95 % interval 91.1 to 92.5 %), after epoch 7, "
        "the best of 8."
    )
    assert test == (
        "Test:       91.8 % of 10,000 images right (95 % interval 91.2 to 92.3 %), looked at once."
    )
    assert time == "Time:       1 min 11 s; training alone 5,910 images a second."


def test_an_interrupted_run_says_so_and_that_the_test_was_not_looked_at() -> None:
    stopped = replace(OUTCOME, ended="interrupted", epochs=2, best_epoch=1, test=None)
    told = outcome_in_words(stopped)
    assert told.startswith(
        "Stopped in epoch 3 of 8, which is not counted; model.keras is the best of those before."
    )
    assert "The test images were not looked at." in told


def test_a_run_that_was_interrupted_in_its_first_epoch_says_what_is_kept() -> None:
    stopped = replace(
        OUTCOME,
        ended="interrupted",
        epochs=0,
        best_epoch=0,
        images_per_second=None,
        validation=None,
        test=None,
    )
    told = outcome_in_words(stopped)
    assert told.startswith("Stopped in epoch 1 of 8; model.keras holds the weights as they were.")
    assert "images a second" not in told


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (7199.9, "2 h 0 min"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_advice_that_is_a_sentence_stands_as_it_is() -> None:
    finding = Finding("too-few", "warning", "Few.", advice="Add pictures.")
    assert finding.to_try == "Add pictures."


@pytest.mark.parametrize(
    ("model", "names", "said"),
    [
        ("quick", None, True),
        ("quick", ["ship", "truck"], False),
        ("quick", ["0", "one"], False),
        ("lesson", None, False),
    ],
)
def test_pictures_that_are_not_mirrored_for_want_of_names_are_told(
    tmp_path: Path, model: str, names: list[str] | None, said: bool
) -> None:
    random = np.random.default_rng(3)
    arrays = {
        "x_train": random.integers(0, 256, (40, 22, 22, 3)).astype(np.uint8),
        "y_train": np.arange(40) % 2,
    }
    if names is not None:
        arrays["class_names"] = np.array(names)
    np.savez(tmp_path / "own.npz", **arrays)  # type: ignore[arg-type]
    settings = Settings(str(tmp_path / "own.npz"), model=model)
    found = plan_in_words(prepare(settings), RunFolder(tmp_path / "own-1"))
    assert ("change nothing is mirrored" in found) is said
    assert ("class_names" in found) is said
