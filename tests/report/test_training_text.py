"""The plan and the outcome of a training as texts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from scallion.findings import Finding
from scallion.report import format_result
from scallion.report.training_text import format_plan, suggest_short_training
from scallion.runs import RunFolder, RunResult, Score, Settings, prepare
from scallion.runs.events import ForecastEvent
from scallion.runs.training_run import start_event

OUTCOME = RunResult(
    run=RunFolder(Path("runs/mnist-1")),
    model="quick",
    parameters=42986,
    status="finished",
    epochs=8,
    planned=8,
    best_epoch=7,
    seconds=71.3,
    images_per_second=5912.3,
    validation=Score(5508, 6000),
    test=Score(9180, 10000),
)


# Intervals: scipy 1.17.1, binomtest(9180, 10000).proportion_ci(method="wilson"), and 5508 of 6000.
def test_a_result_has_intervals() -> None:
    validation, test, time, _ = format_result(OUTCOME).splitlines()
    assert validation == (
        "Validation: 91.8 % of 6,000 images correct (95 % interval 91.1 to 92.5 %), after epoch 7, "
        "the best of 8."
    )
    assert test == (
        "Test:       91.8 % of 10,000 images correct (95 % interval 91.2 to 92.3 %), evaluated "
        "once."
    )
    assert time == "Time:       1 min 11 s; training alone: 5,910 images per second."


def test_an_interrupted_run_evaluates_no_test_images() -> None:
    stopped = replace(OUTCOME, status="interrupted", epochs=2, best_epoch=1, test=None)
    text = format_result(stopped)
    assert text.startswith(
        "Stopped in epoch 3 of 8, which is not counted; model.keras is from the best completed "
        "epoch."
    )
    assert "The test images were not evaluated." in text


def test_a_run_interrupted_in_its_first_epoch_keeps_its_initial_weights() -> None:
    stopped = replace(
        OUTCOME,
        status="interrupted",
        epochs=0,
        best_epoch=0,
        images_per_second=None,
        validation=None,
        test=None,
    )
    text = format_result(stopped)
    assert text.startswith("Stopped in epoch 1 of 8; model.keras holds the initial weights.")
    assert "images per second" not in text


def test_advice_that_is_a_sentence_is_unchanged() -> None:
    finding = Finding("too-few", "warning", "Few.", advice="Add images.")
    assert finding.suggestion == "Add images."


@pytest.mark.parametrize(
    ("model", "names", "said"),
    [
        ("quick", None, True),
        ("quick", ["ship", "truck"], False),
        ("quick", ["0", "one"], False),
        ("lesson", None, False),
    ],
)
def test_missing_class_names_prevent_mirroring_and_are_reported(
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
    found = format_plan(start_event(prepare(settings), RunFolder(tmp_path / "own-1"), 0))
    assert ("images not mirrored" in found) is said
    assert ("an array class_names" in found) is said


@pytest.mark.parametrize(
    ("instruction_set", "seconds", "suggested"),
    [(None, 12000.0, True), (None, 200.0, False), ("avx2", 12000.0, False)],
)
def test_the_reference_engine_suggests_a_training_that_ends_in_a_minute(
    instruction_set: str | None, seconds: float, suggested: bool, tmp_path: Path
) -> None:
    random = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "own.npz", x_train=random, y_train=np.arange(40) % 2)
    prepared = prepare(Settings(str(tmp_path / "own.npz"), model="lesson-dense"))
    start = start_event(prepared, RunFolder(tmp_path / "own-1"), 0)
    settings = {**start.settings, "data": "my photos"}
    start = structs.replace(start, instruction_set=instruction_set, settings=settings)
    forecast = ForecastEvent(
        seconds=seconds, seconds_per_step=0.1, seconds_per_epoch=seconds / 8, memory_bytes=None
    )
    hint = suggest_short_training(start, forecast)
    assert (hint is not None) == suggested
    if hint:
        assert hint.endswith("scallion train 'my photos' --model lesson-dense --minutes 1")
