"""Every schedule, compared with the installed Keras at every step."""

import os
from typing import Any

import pytest

from contract import Case, assert_same_config, assert_same_error
from optimizer_cases import REFUSED_SCHEDULES, SCHEDULES
from scallion.optimizers import schedules

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

every_case = pytest.mark.parametrize("one", SCHEDULES, ids=lambda one: one.title)


@every_case
def test_learning_rates_match_keras(one: Case) -> None:
    ours, theirs = one.make(schedules), one.make(keras.optimizers.schedules)
    # Keras computes in float32: near 0 the error is relative to the amplitude, and after many steps
    # a fraction of a period has few digits.
    for step in range(100):
        assert ours(step) == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-7), step
    for step in (1_000, 123_456):
        assert ours(step) == pytest.approx(float(theirs(step)), rel=1e-4, abs=1e-6), step


@every_case
def test_configs_round_trip_through_keras(one: Case) -> None:
    assert_same_config(one, schedules, keras.optimizers.schedules)


@pytest.mark.parametrize("one", REFUSED_SCHEDULES, ids=lambda one: one.title)
def test_arguments_that_keras_refuses_raise(one: Case) -> None:
    theirs = keras.optimizers.schedules
    assert_same_error(lambda: one.make(schedules), lambda: one.make(theirs))


@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_a_custom_schedule_is_used(name: str) -> None:
    rates = []
    for package, room in ((schedules, "scallion"), (keras.optimizers.schedules, "keras")):

        class Halving(package.LearningRateSchedule):  # type: ignore[misc,name-defined]
            def __call__(self, step: Any) -> Any:
                return 0.5 / (step + 1.0)

        module = __import__(f"{room}.optimizers", fromlist=[name])
        rates.append(float(getattr(module, name)(Halving()).learning_rate))
    assert rates == [0.5, 0.5]


def test_every_schedule_has_its_cases() -> None:
    kinds = {name for name in schedules.__all__ if name[0].isupper()}
    assert kinds - {one.name for one in SCHEDULES} == {"LearningRateSchedule"}
