"""Ctrl-C at any moment, any number of times: what is said and what is stored agree."""

import random
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scallion import files, runs
from scallion.callbacks import Callback
from scallion.models import Model, load_model
from scallion.runs import RunFolder, RunOptions, RunResult, Settings, prepare
from scallion.runs.events import EndEvent
from scallion.runs.training.train import score
from stripe_runs import are_identical, stripe_settings

EPOCHS = 3


def own(data: Path, folder: str) -> Settings:
    return stripe_settings(data, epochs=EPOCHS, out=data.parent / folder, learning_rate=0.004)


def check_agreement(settings: Settings, result: RunResult) -> None:
    """Assert that result, evaluation.json, events.jsonl and model.keras are about one model."""
    run = result.run
    stored = run.read_evaluation()
    (*_, end) = runs.read_events(run.path)
    assert isinstance(end, EndEvent)
    assert stored["status"] == end.status == result.status
    assert stored["best_epoch"] == (result.best_epoch or None)
    assert stored["epochs"] == end.epochs == result.epochs
    assert len(run.read_history()["epoch"] if run.history.is_file() else ()) == result.epochs
    prepared = prepare(settings)
    prepared.model.set_weights(load_model(run.model).get_weights())
    measured = score(prepared.model, prepared.splits.validation)
    if result.validation is not None:
        assert stored["validation"].items() >= result.validation.as_dict().items()
        assert result.validation == measured
    if result.best_epoch:
        curve = run.read_history()["val_accuracy"]
        assert curve[result.best_epoch - 1] == pytest.approx(measured.accuracy)
        assert max(curve) == pytest.approx(measured.accuracy)


def press(times: int = 1) -> None:
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


class PressingAt:
    """Wraps a function: Ctrl-C is pressed some times before its call with this number."""

    def __init__(self, function: Any, call: int, times: int) -> None:
        self.function, self.left, self.times = function, call, times

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            press(self.times)
        return self.function(*arguments, **options)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("call", range(2, 18, 4))
def test_ctrl_c_while_a_file_is_written_leaves_one_story(
    stripes: Path, monkeypatch: pytest.MonkeyPatch, call: int, times: int
) -> None:
    settings = own(stripes, "runs")
    pressing = PressingAt(files.replace_atomically, call, times)
    monkeypatch.setattr(files, "replace_atomically", pressing)
    try:
        result = runs.run(settings)
    except KeyboardInterrupt:
        assert not list((stripes.parent / "runs").glob("stripes-*"))
        return
    check_agreement(settings, result)
    if result.status == "interrupted":
        monkeypatch.undo()
        check_agreement(settings, runs.resume(result.run.path))


def test_two_presses_while_the_best_model_is_saved_keep_it(
    stripes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = own(stripes, "runs")
    pressing = PressingAt(Model.save, 1, 2)
    monkeypatch.setattr(Model, "save", lambda *arguments: pressing(*arguments))
    result = runs.run(settings)
    assert (result.status, result.epochs, result.best_epoch) == ("interrupted", 1, 1)
    check_agreement(settings, result)


@pytest.mark.parametrize("seed", range(4))
def test_ctrl_c_at_random_moments_leaves_one_story(stripes: Path, seed: int) -> None:
    check_random_moments(stripes, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_ctrl_c_at_many_random_moments_leaves_one_story(stripes: Path, seed: int) -> None:
    check_random_moments(stripes, seed)


def check_random_moments(data: Path, seed: int) -> None:
    """Press Ctrl-C one to four times at random moments of a run, and check what it leaves."""
    draw = random.Random(seed)
    settings = own(data, "runs")
    presses = sorted(draw.uniform(0.02, 0.6) for _ in range(draw.randint(1, 4)))
    pauses = iter([late - early for early, late in pairwise(presses)])

    def alarm(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, max(next(pauses, 0.0), 0.0))
        press()

    previous = signal.signal(signal.SIGALRM, alarm)
    try:
        signal.setitimer(signal.ITIMER_REAL, presses[0])
        result = runs.run(settings)
    except KeyboardInterrupt:
        result = None
    finally:
        # A press may come after the run, where it is the test's own.
        while True:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, previous)
                break
            except KeyboardInterrupt:
                continue
    folders = list((data.parent / "runs").glob("*"))
    if result is not None:
        check_agreement(settings, result)
        return
    for folder in folders:  # the press came just before or after the run
        run = RunFolder.open(folder)
        if "status" in run.read_evaluation():
            check_agreement(settings, runs.read_result(run))


def test_a_callback_that_stops_before_the_epoch_is_saved_keeps_the_best(stripes: Path) -> None:
    class Stop(Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    settings = own(stripes, "runs")
    result = runs.run(settings, options=RunOptions(callbacks=[Stop()]))
    assert (result.status, result.epochs) == ("interrupted", 2)
    check_agreement(settings, result)
    assert are_identical(runs.resume(result.run.path).run.path, runs.run(settings).run.path)


def test_a_resumed_run_that_is_killed_has_no_scores_of_an_earlier_model(stripes: Path) -> None:
    class Stop(Callback):
        def __init__(self, epoch: int, error: type[BaseException]) -> None:
            super().__init__()
            self.epoch, self.error = epoch, error

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            if epoch == self.epoch:
                raise self.error

    settings = own(stripes, "runs")
    stopped = runs.run(settings, options=RunOptions(callbacks=[Stop(1, KeyboardInterrupt)]))
    with pytest.raises(SystemError):  # as good as a kill: nothing writes a result
        runs.resume(stopped.run.path, options=RunOptions(callbacks=[Stop(2, SystemError)]))
    assert "status" not in stopped.run.read_evaluation()
    (listed,) = runs.list_runs(stripes.parent / "runs")
    assert listed.status == "crashed"


def test_the_number_of_test_evaluations_survives_resuming(stripes: Path) -> None:
    settings = own(stripes, "runs")

    class Stop(Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            raise KeyboardInterrupt

    stopped = runs.run(settings, options=RunOptions(callbacks=[Stop()]))
    runs.evaluate_run(stopped.run.path)
    assert runs.resume(stopped.run.path).run.read_evaluation()["test"]["test_evaluations"] == 2


def test_a_second_interruption_keeps_the_number_of_test_evaluations(stripes: Path) -> None:
    class Stop(Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            raise KeyboardInterrupt

    options = RunOptions(callbacks=[Stop()])
    stopped = runs.run(own(stripes, "runs"), options=options)
    runs.evaluate_run(stopped.run.path)
    stored = runs.resume(stopped.run.path, options=options).run.read_evaluation()
    assert stored["test"] == {"test_evaluations": 1}
