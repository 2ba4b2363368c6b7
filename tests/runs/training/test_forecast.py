"""Forecast of the time of a training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fake_clock import FakeClock, install_clock
from scallion.callbacks import Callback
from scallion.runs import Forecast, PreparedRun, Settings, StepSchedule, forecast, prepare
from scallion.runs.training.forecast import Pace
from scallion.runs.training.train import fit
from stripe_runs import STEPS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return install_clock(monkeypatch)


class Work(Callback):
    """Every step takes two seconds, and every batch of answers one."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.clock.now += 2 if batch else 0

    def on_test_begin(self, logs: object = None) -> None:
        self.clock.now += 2

    def on_test_batch_begin(self, batch: int, logs: object = None) -> None:
        self.clock.now += 1


def prepared(data: Path, **settings: object) -> PreparedRun:
    given = {"batch_size": 16, "out": data.parent / "runs", "overrides": {"filters": 4}}
    return prepare(Settings(str(data), **{**given, **settings}))


def test_a_forecast_adds_up_and_changes_nothing(stripes: Path) -> None:
    run = prepared(stripes, epochs=4)
    before, seed = run.model.get_weights(), run.model.seed
    expected = forecast(run)
    assert expected.seconds == pytest.approx(4 * expected.epoch + expected.ending)
    assert expected.epoch > STEPS * expected.step > 0  # validation comes on top
    assert all(np.array_equal(a, b) for a, b in zip(before, run.model.get_weights(), strict=True))
    assert (run.model.seed, run.model.optimizer.batches_seen) == (seed, 0)


def test_a_partial_last_epoch_takes_less_time(stripes: Path) -> None:
    short = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None, missing_steps=5)
    assert (replace(short, missing_steps=0).seconds, short.seconds) == (35.0, 30.0)
    expected = forecast(prepared(stripes, steps=2 * STEPS + 3))
    assert (expected.epochs, expected.missing_steps) == (3, 4)


def test_the_pace_is_measured_until_the_time_is_over(stripes: Path, clock: FakeClock) -> None:
    run = prepared(stripes, epochs=1, batch_size=4)  # 27 steps, and 3 batches to validate
    pace = Pace(8.0)
    fit(run, [Work(clock), pace], StepSchedule(run))
    assert (pace.steps, pace.seconds, pace.step) == (5, 10.0, 2.0)
    assert (pace.test_steps, pace.test_step) == (1, 1.0)


def test_a_pace_adds_up_over_epochs(stripes: Path, clock: FakeClock) -> None:
    pace = Pace(100.0)
    for _ in range(2):
        run = prepared(stripes, epochs=1, batch_size=4)
        fit(run, [Work(clock), pace], StepSchedule(run))
    assert (pace.steps, pace.step, pace.test_steps, pace.test_step) == (51, 2.0, 6, 1.0)


def test_measuring_leaves_no_files(stripes: Path) -> None:
    forecast(prepared(stripes), 1)
    assert list((stripes.parent / "runs").glob(".*")) == []
