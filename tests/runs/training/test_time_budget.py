"""Training within a time budget."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fake_clock import FakeClock, install_clock
from scallion import files
from scallion.callbacks import Callback
from scallion.errors import ArgumentError
from scallion.runs import (
    Forecast,
    PreparedRun,
    Settings,
    StepPlan,
    create_run_folder,
    fit_to_time,
    forecast,
    prepare,
    resume,
    train,
)
from stripe_runs import STEPS, are_identical

UNSCHEDULED = {"model": "lesson-dense", "overrides": {}}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return install_clock(monkeypatch)


PACE = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None)


class Slow(Callback):
    """A step takes so long, from this one on; a validation takes a second, and keeping nothing."""

    def __init__(
        self, clock: FakeClock, seconds: float, late: tuple[int, float] = (0, 0.0)
    ) -> None:
        super().__init__()
        self.clock, self.seconds, self.late = clock, seconds, late
        self.made = 0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.made += 1
        begins, seconds = self.late
        self.clock.now += seconds if begins and self.made > begins else self.seconds

    def on_test_end(self, logs: object = None) -> None:
        self.clock.now += 1


def prepared(data: Path, **settings: object) -> PreparedRun:
    given = {"batch_size": 16, "out": data.parent / "runs", "overrides": {"filters": 4}}
    return prepare(Settings(str(data), **{**given, **settings}))


# 30 seconds, of which 0.5 % are spare, less 3 for the end: 26.85. Three epochs of 8 and one more
# validation leave 1.85 for steps. 0.4724 minutes leave 0.202, under a hundredth of the time.
@pytest.mark.parametrize(("minutes", "steps", "epochs"), [(0.5, 22, 4), (0.4724, 21, 3)])
def test_whole_epochs_and_a_worthwhile_partial_one_fit(
    stripes: Path, clock: FakeClock, minutes: float, steps: int, epochs: int
) -> None:
    run, expected, _ = fit_to_time(prepared(stripes, patience=None), PACE, minutes, 0.0)
    assert (run.steps.count, run.epochs, run.patience) == (steps, epochs, 0)
    assert expected.seconds == pytest.approx(steps + epochs + 3)  # a second a validation
    assert expected.seconds < 60 * minutes


def test_time_before_the_plan_counts(stripes: Path, clock: FakeClock) -> None:
    clock.now = 110.0
    run, _, schedule = fit_to_time(prepared(stripes), PACE, 0.5, started=100.0)
    assert (run.steps.count, run.epochs) == (2 * STEPS, 2)  # 16.85 seconds
    assert schedule.end == pytest.approx(126.85)  # 130 less the spare time and the end


@pytest.mark.parametrize("network", [{}, UNSCHEDULED], ids=["scheduled", "unscheduled"])
@pytest.mark.parametrize("late", [(0, 0.0), (60, 0.9), (60, 0.3), (150, 1.5)])
@pytest.mark.parametrize("seconds", [0.25, 0.5, 1.0, 2.5])
def test_training_ends_on_time_at_any_pace(
    stripes: Path,
    clock: FakeClock,
    network: dict[str, Any],
    seconds: float,
    late: tuple[int, float],
) -> None:
    minutes = 2.0
    asked = prepared(stripes, **network)
    expected = replace(PACE, step=0.5, epoch=STEPS * 0.5 + 1)
    run, _, schedule = fit_to_time(asked, expected, minutes, 0.0)
    result = train(run, callbacks=[Slow(clock, seconds, late)], schedule=schedule)
    assert clock.now == pytest.approx(60 * minutes - PACE.ending, rel=0.05)
    done = run.model.optimizer.batches_seen
    config = files.read_json(result.run.config)
    assert (result.epochs, result.planned) == (config["epochs"], config["epochs"])
    assert StepPlan.of(config["steps"]).count == done or result.best_epoch < result.epochs


@pytest.mark.parametrize("network", [{}, UNSCHEDULED], ids=["scheduled", "unscheduled"])
def test_a_revised_budget_repeats_bit_identically(
    stripes: Path, clock: FakeClock, network: dict[str, Any]
) -> None:
    run, _, schedule = fit_to_time(prepared(stripes, **network), PACE, 0.5, 0.0)
    budgeted = train(run, callbacks=[Slow(clock, 0.4, late=(12, 0.7))], schedule=schedule)
    config = files.read_json(budgeted.run.config)
    turns = len(StepPlan.of(config["steps"]).revisions)
    assert (turns == 1) == bool(network)  # without a schedule there is nothing to turn
    assert config["steps"] == config["settings"]["steps"] == schedule.steps.text
    asked = train(prepared(stripes, **network, steps=config["steps"]))
    assert are_identical(budgeted.run.path, asked.run.path)
    again = files.read_json(asked.run.config)
    assert [again[part] for part in ("optimizer", "epochs", "steps")] == [
        config[part] for part in ("optimizer", "epochs", "steps")
    ]
    assert budgeted.images_per_second is not None


def test_a_killed_revised_budget_resumes_bit_identically(stripes: Path, clock: FakeClock) -> None:
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
    assert are_identical(folder.path, train(prepared(stripes, steps=steps)).run.path)


def test_a_budget_is_a_run_with_its_steps(stripes: Path, clock: FakeClock) -> None:
    run, _, _ = fit_to_time(prepared(stripes), PACE, 0.5, 0.0)
    budgeted = train(run)
    config = files.read_json(budgeted.run.config)
    assert (config["steps"], config["settings"]["steps"], config["epochs"]) == (22, 22, 4)
    schedule = config["optimizer"]["config"]["learning_rate"]["config"]
    assert schedule["warmup_steps"] + schedule["decay_steps"] == 22
    asked = train(prepared(stripes, steps=22))
    assert are_identical(budgeted.run.path, asked.run.path)
    assert files.read_json(asked.run.config)["optimizer"] == config["optimizer"]
    assert budgeted.run.read_history()["epoch"] == [1, 2, 3, 4]


@pytest.mark.parametrize("step", [STEPS + 3, 22])
def test_a_killed_budget_resumes_bit_identically(
    stripes: Path, clock: FakeClock, step: int
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
    assert are_identical(folder.path, train(budgeted()).run.path)


def test_there_is_at_least_one_step(stripes: Path, clock: FakeClock) -> None:
    slow = Forecast(step=100.0, epoch=800.0, ending=300.0, epochs=4, memory=None)
    run, _, _ = fit_to_time(prepared(stripes), slow, 0.5, 0.0)
    assert (run.steps.count, run.epochs) == (1, 1)


def test_the_last_epoch_is_validated_when_time_is_over(stripes: Path, clock: FakeClock) -> None:
    run, _, schedule = fit_to_time(prepared(stripes), PACE, 0.5, 0.0)
    clock.now = 60.0
    result = train(run, schedule=schedule)
    assert schedule.steps == StepPlan.of(1)
    assert (result.status, result.epochs, result.best_epoch) == ("finished", 1, 1)
    assert result.test is not None


@pytest.mark.parametrize("minutes", [0, -1, float("inf"), float("nan")])
def test_minutes_are_a_number_above_0(stripes: Path, minutes: float) -> None:
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        fit_to_time(prepared(stripes), PACE, minutes, 0.0)
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        forecast(prepared(stripes), minutes)
