"""How long a training takes is said before, and kept where it was asked for."""

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from dying import result, same
from scallion.errors import ArgumentError
from scallion.runs import Deadline, Forecast, Settings, forecast, prepare, train, within
from scallion.runs.preparation import Preparation


def prepared(data: Path, **settings: object) -> Preparation:
    arguments = {"epochs": 4, "batch_size": 16, "out": data.parent / "runs"}
    return prepare(Settings(str(data), overrides={"filters": 4}, **{**arguments, **settings}))


def test_a_forecast_adds_up_and_changes_nothing(stripes: Path) -> None:
    run = prepared(stripes)
    before, seed = run.model.get_weights(), run.model.seed
    expected = forecast(run)
    assert expected.seconds == pytest.approx(4 * expected.epoch + expected.ending)
    assert expected.epoch > 7 * expected.step > 0  # 108 images in batches of 16, and validation
    assert all(np.array_equal(a, b) for a, b in zip(before, run.model.get_weights(), strict=True))
    assert (run.model.seed, run.model.optimizer.batches_seen) == (seed, 0)


def test_as_many_epochs_as_fit_are_those_of_a_run_that_was_asked_for_them(stripes: Path) -> None:
    pace = Forecast(step=1.0, epoch=8.0, ending=3.0, epochs=4, memory=None)
    run, expected, _ = within(prepared(stripes, epochs=None), pace, 0.5, perf_counter())
    # 30 seconds less 3 for the end, of which 6 % are spare: 25.4, so three epochs of 8.
    assert (run.epochs, expected.epochs, run.patience) == (3, 3, 0)
    budgeted = train(run)
    asked = train(prepared(stripes, epochs=3))
    assert same(result(budgeted.run.path), result(asked.run.path))


def test_there_is_one_epoch_at_least(stripes: Path) -> None:
    pace = Forecast(step=100.0, epoch=800.0, ending=3.0, epochs=4, memory=None)
    assert within(prepared(stripes), pace, 0.5, perf_counter())[0].epochs == 1


def test_when_the_time_is_over_the_epoch_is_validated_and_training_ends(stripes: Path) -> None:
    late = Deadline(perf_counter())
    outcome = train(prepared(stripes), callbacks=[late])
    assert late.missed
    assert (outcome.ended, outcome.epochs, outcome.best_epoch) == ("finished", 1, 1)
    assert outcome.test is not None


def test_minutes_are_a_number_above_0(stripes: Path) -> None:
    pace = Forecast(1.0, 8.0, 3.0, 4, None)
    with pytest.raises(ArgumentError, match="minutes is a number above 0"):
        within(prepared(stripes), pace, 0, perf_counter())
