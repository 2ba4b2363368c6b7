"""How long a training takes is said before, and kept where it was asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from killed_training import result, same
from scallion import files
from scallion.callbacks import Callback
from scallion.errors import ArgumentError
from scallion.runs import (
    Forecast,
    Settings,
    StepPlan,
    StepSchedule,
    create_run_folder,
    fit_to_time,
    forecast,
    prepare,
    resume,
    train,
)
from scallion.runs.training import forecast as forecasting
from scallion.runs.training import time_budget
from scallion.runs.training.forecast import Pace
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.train import fit

STEPS = 7  # an epoch: 108 images in batches of 16
UNSCHEDULED = {"model": "lesson-dense", "overrides": {}}
PACE = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None)


def prepared(data: Path, **settings: object) -> PreparedRun:
    given = {"batch_size": 16, "out": data.parent / "runs", "overrides": {"filters": 4}}
    return prepare(Settings(str(data), **{**given, **settings}))


class Clock:
    """A clock that stands still unless somebody moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (time_budget, forecasting):
        monkeypatch.setattr(module, "perf_counter", clock)
    return clock


class Work(Callback):
    """Every step takes two seconds, and every batch of answers one."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.clock.now += 2 if batch else 0

    def on_test_begin(self, logs: object = None) -> None:
        self.clock.now += 2

    def on_test_batch_begin(self, batch: int, logs: object = None) -> None:
        self.clock.now += 1


def test_a_forecast_adds_up_and_changes_nothing(stripes: Path) -> None:
    run = prepared(stripes, epochs=4)
    before, seed = run.model.get_weights(), run.model.seed
    expected = forecast(run)
    assert expected.seconds == pytest.approx(4 * expected.epoch + expected.ending)
    assert expected.epoch > STEPS * expected.step > 0  # validation comes on top
    assert all(np.array_equal(a, b) for a, b in zip(before, run.model.get_weights(), strict=True))
    assert (run.model.seed, run.model.optimizer.batches_seen) == (seed, 0)


def test_a_last_epoch_that_is_cut_short_takes_less_time(stripes: Path) -> None:
    short = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None, missing_steps=5)
    assert (PACE.seconds, short.seconds) == (35.0, 30.0)
    expected = forecast(prepared(stripes, steps=2 * STEPS + 3))
    assert (expected.epochs, expected.missing_steps) == (3, 4)


def test_the_pace_is_told_from_as_many_steps_and_answers_as_fill_the_time(
    stripes: Path, clock: Clock
) -> None:
    run = prepared(stripes, epochs=1, batch_size=4)  # 27 steps, and 3 batches to validate
    pace = Pace(8.0)
    fit(run, [Work(clock), pace], StepSchedule(run))
    assert (pace.steps, pace.seconds, pace.step) == (5, 10.0, 2.0)
    assert (pace.test_steps, pace.test_step) == (1, 1.0)


def test_a_pace_goes_on_where_an_epoch_was_too_short_for_it(stripes: Path, clock: Clock) -> None:
    pace = Pace(100.0)
    for _ in range(2):
        run = prepared(stripes, epochs=1, batch_size=4)
        fit(run, [Work(clock), pace], StepSchedule(run))
    assert (pace.steps, pace.step, pace.test_steps, pace.test_step) == (51, 2.0, 6, 1.0)


def test_measuring_leaves_nothing_behind(stripes: Path) -> None:
    forecast(prepared(stripes), 1)
    assert list((stripes.parent / "runs").glob(".*")) == []


# 30 seconds, of which 0.5 % are spare, less 3 for the end: 26.85. Three epochs of 8 and one more
# validation leave 1.85 for steps. 0.4724 minutes leave 0.202, under a hundredth of the time.
@pytest.mark.parametrize(("minutes", "steps", "epochs"), [(0.5, 22, 4), (0.4724, 21, 3)])
def test_whole_epochs_are_taken_and_one_that_is_cut_short_where_that_is_worth_it(
    stripes: Path, clock: Clock, minutes: float, steps: int, epochs: int
) -> None:
    run, expected, _ = fit_to_time(prepared(stripes, patience=None), PACE, minutes, 0.0)
    assert (run.steps.count, run.epochs, run.patience) == (steps, epochs, 0)
    assert expected.seconds == pytest.approx(steps + epochs + 3)  # a second a validation
    assert expected.seconds < 60 * minutes


def test_what_has_gone_by_is_counted(stripes: Path, clock: Clock) -> None:
    clock.now = 110.0
    run, _, schedule = fit_to_time(prepared(stripes), PACE, 0.5, started=100.0)
    assert (run.steps.count, run.epochs) == (2 * STEPS, 2)  # 16.85 seconds
    assert schedule.end == pytest.approx(126.85)  # 130 less the spare time and the end


class Slow(Callback):
    """A step takes so long, from this one on; a validation takes a second, and keeping nothing."""

    def __init__(self, clock: Clock, seconds: float, late: tuple[int, float] = (0, 0.0)) -> None:
        super().__init__()
        self.clock, self.seconds, self.late = clock, seconds, late
        self.made = 0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.made += 1
        begins, seconds = self.late
        self.clock.now += seconds if begins and self.made > begins else self.seconds

    def on_test_end(self, logs: object = None) -> None:
        self.clock.now += 1


@pytest.mark.parametrize("network", [{}, UNSCHEDULED], ids=["scheduled", "unscheduled"])
@pytest.mark.parametrize("late", [(0, 0.0), (60, 0.9), (60, 0.3), (150, 1.5)])
@pytest.mark.parametrize("seconds", [0.25, 0.5, 1.0, 2.5])
def test_training_ends_in_time_however_fast_its_steps_turn_out_to_be(
    stripes: Path, clock: Clock, network: dict[str, Any], seconds: float, late: tuple[int, float]
) -> None:
    minutes = 2.0
    asked = prepared(stripes, **network)
    expected = replace(PACE, step=0.5, epoch=STEPS * 0.5 + 1)
    run, _, schedule = fit_to_time(asked, expected, minutes, 0.0)
    outcome = train(run, callbacks=[Slow(clock, seconds, late)], schedule=schedule)
    assert clock.now == pytest.approx(60 * minutes - PACE.ending, rel=0.05)
    done = run.model.optimizer.batches_seen
    config = files.read_json(outcome.run.config)
    assert (outcome.epochs, outcome.planned) == (config["epochs"], config["epochs"])
    assert StepPlan.of(config["steps"]).count == done or outcome.best_epoch < outcome.epochs


@pytest.mark.parametrize("network", [{}, UNSCHEDULED], ids=["scheduled", "unscheduled"])
def test_a_budget_that_was_planned_anew_repeats_to_the_same_bits(
    stripes: Path, clock: Clock, network: dict[str, Any]
) -> None:
    run, _, schedule = fit_to_time(prepared(stripes, **network), PACE, 0.5, 0.0)
    budgeted = train(run, callbacks=[Slow(clock, 0.4, late=(12, 0.7))], schedule=schedule)
    config = files.read_json(budgeted.run.config)
    turns = len(StepPlan.of(config["steps"]).revisions)
    assert (turns == 1) == bool(network)  # without a schedule there is nothing to turn
    assert config["steps"] == config["settings"]["steps"] == schedule.steps.text
    asked = train(prepared(stripes, **network, steps=config["steps"]))
    assert same(result(budgeted.run.path), result(asked.run.path))
    again = files.read_json(asked.run.config)
    assert [again[part] for part in ("optimizer", "epochs", "steps")] == [
        config[part] for part in ("optimizer", "epochs", "steps")
    ]
    assert budgeted.images_per_second is not None


def test_a_budget_that_was_planned_anew_and_killed_goes_on_to_the_same_bits(
    stripes: Path, clock: Clock
) -> None:
    class Die(Callback):
        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            if self.model.optimizer.batches_seen == 25:
                raise SystemExit

    run, _, schedule = fit_to_time(prepared(stripes), PACE, 0.5, 0.0)
    folder = create_run_folder(run)
    with pytest.raises(SystemExit):
        train(run, folder, callbacks=[Slow(clock, 0.4), Die()], schedule=schedule)
    steps = files.read_json(folder.config)["steps"]
    assert len(StepPlan.of(steps).revisions) > 1
    resume(folder.path)
    assert same(result(folder.path), result(train(prepared(stripes, steps=steps)).run.path))


def test_steps_are_read_and_written_the_same_way() -> None:
    assert StepPlan.of(22).text == 22
    steps = StepPlan.of("22, 7:30,20:28")
    assert (str(steps), steps.count, steps.text) == ("22,7:30,20:28", 28, "22,7:30,20:28")
    assert [steps.planned_at(done) for done in (0, 6, 7, 19, 20, 27)] == [22, 22, 30, 30, 28, 28]
    assert str(steps.revise(20, 21)) == "22,7:30,20:21"
    assert str(steps.revise(3, 9)) == "22,3:9"
    assert steps.revise(0, 9) == StepPlan.of(9)


@pytest.mark.parametrize(
    "asked", [0, -1, True, 2.5, "", "x", "0", "5,", "5,6:8", "5,3:2", "5,0:6", "9,5:8,4:7"]
)
def test_steps_that_are_none_are_refused(stripes: Path, asked: object) -> None:
    with pytest.raises(ArgumentError, match=r"Received: steps="):
        prepared(stripes, steps=asked)


def test_a_budget_is_a_run_that_was_asked_for_its_steps(stripes: Path, clock: Clock) -> None:
    run, _, _ = fit_to_time(prepared(stripes), PACE, 0.5, 0.0)
    budgeted = train(run)
    config = files.read_json(budgeted.run.config)
    assert (config["steps"], config["settings"]["steps"], config["epochs"]) == (22, 22, 4)
    schedule = config["optimizer"]["config"]["learning_rate"]["config"]
    assert schedule["warmup_steps"] + schedule["decay_steps"] == 22
    asked = train(prepared(stripes, steps=22))
    assert same(result(budgeted.run.path), result(asked.run.path))
    assert files.read_json(asked.run.config)["optimizer"] == config["optimizer"]
    assert budgeted.run.read_history()["epoch"] == [1, 2, 3, 4]


@pytest.mark.parametrize("step", [STEPS + 3, 22])
def test_a_budget_that_was_killed_goes_on_to_the_same_bits(
    stripes: Path, clock: Clock, step: int
) -> None:
    class Die(Callback):
        left = step

        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            self.left -= 1
            if not self.left:
                raise SystemExit

    def budgeted() -> PreparedRun:
        return fit_to_time(prepared(stripes), PACE, 0.5, 0.0)[0]

    run = budgeted()
    folder = create_run_folder(run)
    with pytest.raises(SystemExit):
        train(run, folder, callbacks=[Die()])
    resume(folder.path)
    assert same(result(folder.path), result(train(budgeted()).run.path))


def test_whole_epochs_are_the_same_whichever_way_they_were_asked_for(stripes: Path) -> None:
    counted, whole = train(prepared(stripes, steps=2 * STEPS)), train(prepared(stripes, epochs=2))
    assert same(result(counted.run.path), result(whole.run.path))


def test_there_is_one_step_at_least(stripes: Path, clock: Clock) -> None:
    slow = Forecast(step=100.0, epoch=800.0, ending=300.0, epochs=4, memory=None)
    run, _, _ = fit_to_time(prepared(stripes), slow, 0.5, 0.0)
    assert (run.steps.count, run.epochs) == (1, 1)


def test_when_the_time_is_over_the_epoch_is_validated_and_training_ends(
    stripes: Path, clock: Clock
) -> None:
    run, _, schedule = fit_to_time(prepared(stripes), PACE, 0.5, 0.0)
    clock.now = 60.0
    outcome = train(run, schedule=schedule)
    assert schedule.steps == StepPlan.of(1)
    assert (outcome.status, outcome.epochs, outcome.best_epoch) == ("finished", 1, 1)
    assert outcome.test is not None


def test_steps_decide_how_many_epochs_there_are(stripes: Path) -> None:
    assert prepared(stripes, steps=15).epochs == 3
    with pytest.raises(ArgumentError, match="Received: steps=15, epochs=2") as caught:
        prepared(stripes, steps=15, epochs=2)
    assert caught.value.hint == "leave out epochs, or steps"


def test_images_of_a_cut_epoch_are_counted_as_they_come(stripes: Path) -> None:
    assert StepSchedule(prepared(stripes, steps=STEPS + 2)).images_seen == 108 + 32
    assert StepSchedule(prepared(stripes, epochs=2)).images_seen == 216


@pytest.mark.parametrize("minutes", [0, -1, float("inf"), float("nan")])
def test_minutes_are_a_number_above_0(stripes: Path, minutes: float) -> None:
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        fit_to_time(prepared(stripes), PACE, minutes, 0.0)
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        forecast(prepared(stripes), minutes)
