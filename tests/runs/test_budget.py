"""How long a training takes is said before, and kept where it was asked for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dying import result, same
from scallion import files
from scallion.callbacks import Callback
from scallion.errors import ArgumentError
from scallion.runs import (
    Deadline,
    Forecast,
    Settings,
    begin,
    budget,
    forecast,
    prepare,
    resume,
    train,
    within,
)
from scallion.runs.budget import Pace
from scallion.runs.preparation import Preparation
from scallion.runs.training import fit

STEPS = 7  # an epoch: 108 images in batches of 16
PACE = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None)


def prepared(data: Path, **settings: object) -> Preparation:
    arguments = {"batch_size": 16, "out": data.parent / "runs"}
    return prepare(Settings(str(data), overrides={"filters": 4}, **{**arguments, **settings}))


class Clock:
    """A clock that stands still unless somebody moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(budget, "perf_counter", clock)
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
    short = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None, short=5)
    assert (PACE.seconds, short.seconds) == (35.0, 30.0)
    expected = forecast(prepared(stripes, steps=2 * STEPS + 3))
    assert (expected.epochs, expected.short) == (3, 4)


def test_the_pace_is_told_from_as_many_steps_and_answers_as_fill_the_time(
    stripes: Path, clock: Clock
) -> None:
    run = prepared(stripes, epochs=1, batch_size=4)  # 27 steps, and 3 batches to validate
    pace = Pace(8.0)
    fit(run, [Work(clock), pace])
    assert (pace.steps, pace.seconds, pace.step) == (5, 10.0, 2.0)
    assert (pace.test_steps, pace.test_step) == (1, 1.0)


def test_a_pace_goes_on_where_an_epoch_was_too_short_for_it(stripes: Path, clock: Clock) -> None:
    pace = Pace(100.0)
    for _ in range(2):
        fit(prepared(stripes, epochs=1, batch_size=4), [Work(clock), pace])
    assert (pace.steps, pace.step, pace.test_steps, pace.test_step) == (51, 2.0, 6, 1.0)


@pytest.mark.parametrize(
    ("minutes", "seconds"), [(None, 0.25), (0.1, 0.25), (1, 1.2), (2, 2.0), (60, 2.0)]
)
def test_the_more_time_there_is_the_longer_is_measured(
    stripes: Path, monkeypatch: pytest.MonkeyPatch, minutes: float | None, seconds: float
) -> None:
    asked: list[float] = []
    really: Callable[..., Pace] = budget._measured

    def noted(trial: Preparation, enough: float) -> Pace:
        asked.append(enough)
        return really(trial, 0.01)

    monkeypatch.setattr(budget, "_measured", noted)
    forecast(prepared(stripes), minutes)
    assert asked == [pytest.approx(seconds)]
    assert list((stripes.parent / "runs").glob(".*")) == []


# 30 seconds, of which 2 % are spare, less 3 for the end: 26.4. Three epochs of 8 and one more
# validation leave 1.4 for steps. 0.4797 minutes leave 0.206, under a hundredth of the time.
@pytest.mark.parametrize(("minutes", "steps", "epochs"), [(0.5, 22, 4), (0.4797, 21, 3)])
def test_whole_epochs_are_taken_and_one_that_is_cut_short_where_that_is_worth_it(
    stripes: Path, clock: Clock, minutes: float, steps: int, epochs: int
) -> None:
    run, expected, _ = within(prepared(stripes, patience=None), PACE, minutes, 0.0)
    assert (run.steps, run.epochs, run.patience) == (steps, epochs, 0)
    assert expected.seconds == pytest.approx(steps + epochs + 3)  # a second a validation
    assert expected.seconds < 60 * minutes


def test_what_has_gone_by_is_counted(stripes: Path, clock: Clock) -> None:
    clock.now = 110.0
    run, _, deadline = within(prepared(stripes), PACE, 0.5, begun=100.0)
    assert (run.steps, run.epochs) == (2 * STEPS, 2)  # 16.4 seconds
    assert deadline.end == pytest.approx(126.6)  # 130.6 less a validation and the end


def test_a_budget_is_a_run_that_was_asked_for_its_steps(stripes: Path, clock: Clock) -> None:
    run, _, _ = within(prepared(stripes), PACE, 0.5, 0.0)
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

    def budgeted() -> Preparation:
        return within(prepared(stripes), PACE, 0.5, 0.0)[0]

    run = budgeted()
    folder = begin(run)
    with pytest.raises(SystemExit):
        train(run, folder, callbacks=[Die()])
    resume(folder.path)
    assert same(result(folder.path), result(train(budgeted()).run.path))


def test_whole_epochs_are_the_same_whichever_way_they_were_asked_for(stripes: Path) -> None:
    counted, whole = train(prepared(stripes, steps=2 * STEPS)), train(prepared(stripes, epochs=2))
    assert same(result(counted.run.path), result(whole.run.path))


def test_there_is_one_step_at_least(stripes: Path, clock: Clock) -> None:
    slow = Forecast(step=100.0, epoch=800.0, ending=300.0, epochs=4, memory=None)
    run, _, _ = within(prepared(stripes), slow, 0.5, 0.0)
    assert (run.steps, run.epochs) == (1, 1)


def test_when_the_time_is_over_the_epoch_is_validated_and_training_ends(
    stripes: Path, clock: Clock
) -> None:
    late = Deadline(clock.now)
    outcome = train(prepared(stripes, epochs=4), callbacks=[late])
    assert late.missed
    assert (outcome.ended, outcome.epochs, outcome.best_epoch) == ("finished", 1, 1)
    assert outcome.test is not None


def test_time_that_is_over_in_the_last_step_cuts_nothing_off(stripes: Path, clock: Clock) -> None:
    late = Deadline(clock.now)
    assert train(prepared(stripes, steps=1), callbacks=[late]).epochs == 1
    assert not late.missed


def test_steps_decide_how_many_epochs_there_are(stripes: Path) -> None:
    assert prepared(stripes, steps=15).epochs == 3
    with pytest.raises(ArgumentError, match="Received: steps=15, epochs=2") as caught:
        prepared(stripes, steps=15, epochs=2)
    assert caught.value.hint == "leave out epochs, or steps"
    with pytest.raises(ArgumentError, match="steps is a whole number of at least 1"):
        prepared(stripes, steps=0)


def test_images_of_a_cut_epoch_are_counted_as_they_come(stripes: Path) -> None:
    assert prepared(stripes, steps=STEPS + 2).images_seen == 108 + 32
    assert prepared(stripes, epochs=2).images_seen == 216


@pytest.mark.parametrize("minutes", [0, -1, float("inf"), float("nan")])
def test_minutes_are_a_number_above_0(stripes: Path, minutes: float) -> None:
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        within(prepared(stripes), PACE, minutes, 0.0)
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        forecast(prepared(stripes), minutes)
