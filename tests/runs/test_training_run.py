"""The use case "train": `runs.run`, its events, and the other ways to it."""

import json
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scallion import datasets, files, runs
from scallion.errors import ArgumentError, CancelledError, DataError, StateError, TrainingError
from scallion.runs import RunOptions, RunResult, Settings, prepare, train
from scallion.runs.events import AnyEvent, EndEvent, EpochEvent, StartEvent, StepEvent
from stripe_runs import are_identical


def settings(data: Path, **values: object) -> Settings:
    own = {"epochs": 3, "batch_size": 16, "out": data.parent / "runs", "overrides": {"filters": 4}}
    return Settings(str(data), **{**own, **values})


def kinds(events: list[AnyEvent]) -> list[str]:
    return [json.loads(event.to_json())["event"] for event in events]


def arrays(data: Path) -> dict[str, np.ndarray]:
    with np.load(data) as file:
        return dict(file)


def test_a_run_leaves_model_curves_and_findings(stripes: Path) -> None:
    found = runs.run(settings(stripes))
    assert sorted(path.name for path in found.run.path.iterdir()) == [
        "config.json",
        "environment.json",
        "evaluation.json",
        "events.jsonl",
        "history.csv",
        "history.png",
        "last",
        "model.keras",
    ]
    assert found.status == "finished"
    assert "validation-too-small" in {finding.code for finding in found.findings}
    assert runs.read_result(found.run) == replace(found, steps=0, seconds=round(found.seconds, 3))


def test_command_python_and_study_give_identical_bits(stripes: Path) -> None:
    python = runs.run(settings(stripes))
    arguments = ["--epochs", "3", "--batch-size", "16", "--out", "typed", "--set", "filters=4"]
    subprocess.run(
        [sys.executable, "-m", "scallion", "train", str(stripes), *arguments],
        cwd=stripes.parent,
        check=True,
        capture_output=True,
    )
    plain = train(prepare(settings(stripes)))
    cell = runs.run(
        settings(stripes), options=RunOptions(evaluate_test=False, diagnose=False, forecast=False)
    )
    typed = stripes.parent / "typed" / "stripes-1"
    for other in (typed, plain.run.path, cell.run.path):
        assert are_identical(other, python.run.path)


def test_events_tell_the_run_in_order(stripes: Path) -> None:
    seen: list[AnyEvent] = []
    found = runs.run(settings(stripes), on_event=seen.append)
    told = [kind for kind in kinds(seen) if kind not in ("step", "best", "finding")]
    assert told == ["start", "forecast", *["epoch"] * 3, "evaluate", "evaluate", "end"]
    assert runs.read_events(found.run.path) == seen
    assert kinds(seen)[-2] == "finding"
    end = seen[-1]
    assert isinstance(end, EndEvent)
    assert (end.status, end.epochs, end.test_accuracy) == ("finished", 3, found.test.accuracy)
    history = found.run.read_history()
    epochs = [event for event in seen if isinstance(event, EpochEvent)]
    assert [event.values["val_loss"] for event in epochs] == history["val_loss"]
    assert (epochs[-1].step, epochs[-1].steps, epochs[-1].seconds_left) == (21, 21, 0)
    assert [event.is_best for event in epochs].count(True) == kinds(seen).count("best")


def test_step_events_are_throttled(stripes: Path) -> None:
    seen: list[AnyEvent] = []
    started = time.perf_counter()
    runs.run(settings(stripes, epochs=60), on_event=seen.append)
    steps = [event for event in seen if isinstance(event, StepEvent)]
    assert len(steps) <= 4 * (time.perf_counter() - started) + 1
    assert all(event.steps == 420 and event.loss is not None for event in steps)


def test_the_start_event_holds_all_settings(stripes: Path) -> None:
    found = runs.run(settings(stripes, metrics=("precision",), seed=5))
    start = runs.read_events(found.run.path)[0]
    assert isinstance(start, StartEvent)
    stored = Settings.from_dict(start.settings)
    assert (stored.seed, stored.metrics, stored.epochs) == (5, ("precision",), 3)
    assert (start.training_images, start.steps_per_epoch, start.completed_epochs) == (108, 7, 0)


def test_a_time_budget_is_kept_and_repeats(stripes: Path) -> None:
    found = runs.run(settings(stripes, epochs=None), minutes=0.03)
    again = runs.run(settings(stripes, epochs=None, steps=found.steps))
    assert are_identical(found.run.path, again.run.path)


@pytest.mark.parametrize("form", ["pairs", "pair", "dataset"])
def test_data_in_memory_train_like_their_file(stripes: Path, form: str) -> None:
    whole = arrays(stripes)
    train_pair, test_pair = (whole["x_train"], whole["y_train"]), (whole["x_test"], whole["y_test"])
    if form == "pair":
        np.savez(stripes, x_train=train_pair[0], y_train=train_pair[1])
    data = {"pairs": (train_pair, test_pair), "pair": train_pair}
    given = data.get(form) or datasets.load_npz(stripes)
    found = runs.run(replace(settings(stripes), data=given))
    assert found.run.path.name == ("stripes-1" if form == "dataset" else "arrays-1")
    assert are_identical(found.run.path, runs.run(settings(stripes)).run.path)
    source = files.read_json(found.run.config)["data"]["source"]
    assert set(source) == {"name", "kind", "sha256"}


def test_a_run_on_arrays_resumes_with_the_same_arrays_only(stripes: Path) -> None:
    whole = arrays(stripes)
    x, y = whole["x_train"], whole["y_train"]
    cancel = threading.Event()
    own = replace(settings(stripes), data=(x, y))

    def stop(event: AnyEvent) -> None:
        if isinstance(event, EpochEvent):
            cancel.set()

    stopped = runs.run(own, on_event=stop, cancel=cancel)
    assert (stopped.status, stopped.epochs) == ("interrupted", 1)
    path = stopped.run.path
    with pytest.raises(StateError, match="which a run folder does not store") as caught:
        runs.resume(path)
    assert "data=(x, y)" in caught.value.hint
    with pytest.raises(StateError, match="not the data that the run was trained on"):
        runs.resume(path, data=(x, y[::-1]))
    assert are_identical(runs.resume(path, data=(x, y)).run.path, runs.run(own).run.path)


def test_data_that_are_none_are_refused(stripes: Path) -> None:
    with pytest.raises(ArgumentError, match="data are a name, a path"):
        runs.run(replace(settings(stripes), data=7))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="x_train has 3 images, y_train has 2 labels"):
        runs.run(replace(settings(stripes), data=(np.zeros((3, 8, 8)), np.array([0, 1]))))


def test_cancelling_from_a_thread_stops_after_the_step(stripes: Path) -> None:
    cancel, found = threading.Event(), []
    thread = threading.Thread(
        target=lambda: found.append(runs.run(settings(stripes, epochs=10_000), cancel=cancel))
    )
    thread.start()
    time.sleep(1.5)
    cancel.set()
    thread.join(20)
    assert [one.status for one in found] == ["interrupted"]
    assert isinstance(found[0], RunResult)


def test_cancelling_from_a_process_leaves_a_run_to_resume(stripes: Path) -> None:
    whole = runs.run(settings(stripes, epochs=40))
    command = [sys.executable, "-m", "scallion", "train", str(stripes), "--epochs", "40"]
    own = ["--batch-size", "16", "--set", "filters=4", "--out", "cancelled", "--seed", "42"]
    process = subprocess.Popen([*command, *own], cwd=stripes.parent, stderr=subprocess.PIPE)
    folder = stripes.parent / "cancelled" / "stripes-1"
    while not (folder / "history.csv").exists() and process.poll() is None:
        time.sleep(0.01)
    runs.cancel(folder)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (folder / "cancel").exists()
    assert files.read_json(folder / "evaluation.json")["status"] == "interrupted"
    assert are_identical(runs.resume(folder).run.path, whole.run.path)
    starts = [event for event in runs.read_events(folder) if isinstance(event, StartEvent)]
    assert [event.completed_epochs > 0 for event in starts] == [False, True]


def test_only_a_training_can_be_cancelled(stripes: Path) -> None:
    found = runs.run(settings(stripes, epochs=1))
    with pytest.raises(StateError, match="is not being trained"):
        runs.cancel(found.run.path)


def test_a_run_cancelled_before_it_starts_has_no_folder(stripes: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        runs.run(settings(stripes), cancel=cancel)
    assert not list((stripes.parent / "runs").glob("stripes-*"))


def test_an_accuracy_below_the_floor_prunes(stripes: Path) -> None:
    options = RunOptions(accuracy_floor=[None, 1.1])
    found = runs.run(settings(stripes, epochs=9), options=options)
    assert (found.status, found.epochs) == ("pruned", 2)
    with pytest.raises(StateError, match="is pruned"):
        runs.resume(found.run.path)


def test_a_run_that_diverges_ends_with_its_error(
    stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scallion.models.training import training_loop

    monkeypatch.setattr(training_loop, "isfinite", lambda _: False)
    options = RunOptions(forecast=False)
    with pytest.raises(TrainingError):
        runs.run(settings(stripes), options=options)
    end = runs.read_events(stripes.parent / "runs" / "stripes-1")[-1]
    assert isinstance(end, EndEvent)
    assert (end.status, end.epochs) == ("diverged", 0)
    assert "NaN or infinite" in end.error


def test_another_engine_is_recorded(stripes: Path) -> None:
    found = runs.run(settings(stripes, epochs=1, engine="reference"))
    assert files.read_json(found.run.environment)["engine"] == "reference"
    assert files.read_json(found.run.config)["settings"]["engine"] == "reference"
    with pytest.raises(ArgumentError, match="`engine` is one of"):
        prepare(settings(stripes, engine="gpu"))
