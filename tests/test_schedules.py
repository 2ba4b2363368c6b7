"""Learning rate schedules. Expected values are those of Keras 3.15 at these steps."""

from typing import Any

import pytest

from scallion import optimizers, schedules
from scallion.errors import ArgumentError, UnknownNameError
from scallion.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

STEPS = (0, 1, 5, 6, 10, 15, 16, 25)

SCHEDULES: list[tuple[LearningRateSchedule, tuple[float, ...]]] = [
    (
        InverseTimeDecay(0.1, 10, 0.5),
        (0.1, 0.0952381, 0.08, 0.0769231, 0.0666667, 0.0571429, 0.0555556, 0.0444444),
    ),
    (
        CosineDecayRestarts(0.1, 10, m_mul=0.5, alpha=0.1),
        (0.1, 0.0977975, 0.055, 0.0410942, 0.055, 0.0484099, 0.0457252, 0.0165901),
    ),
    (
        CosineDecayRestarts(0.1, 10, t_mul=1.0),
        (0.1, 0.0975528, 0.05, 0.0345491, 0.1, 0.05, 0.0345491, 0.05),
    ),
    (
        ExponentialDecay(0.1, 10, 0.5),
        (0.1, 0.0933033, 0.0707107, 0.0659754, 0.05, 0.0353553, 0.0329877, 0.0176777),
    ),
    (
        ExponentialDecay(0.1, 10, 0.5, staircase=True),
        (0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025),
    ),
    (
        PiecewiseConstantDecay([5, 15], [1.0, 0.5, 0.1]),
        (1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.1, 0.1),
    ),
    (
        PolynomialDecay(0.1, 10, 0.01, power=2.0),
        (0.1, 0.0829, 0.0325, 0.0244, 0.01, 0.01, 0.01, 0.01),
    ),
    (
        PolynomialDecay(0.1, 10, 0.01, cycle=True),
        (0.1, 0.091, 0.055, 0.046, 0.01, 0.0325, 0.028, 0.025),
    ),
    (
        CosineDecay(0.1, 10, alpha=0.1),
        (0.1, 0.0977975, 0.055, 0.0410942, 0.01, 0.01, 0.01, 0.01),
    ),
    (
        CosineDecay(0.1, 10, warmup_target=0.5, warmup_steps=5),
        (0.1, 0.18, 0.5, 0.4877641, 0.25, 0.0, 0.0, 0.0),
    ),
]


@pytest.mark.parametrize(("schedule", "wanted"), SCHEDULES, ids=lambda one: type(one).__name__)
def test_rates_match_keras(schedule: LearningRateSchedule, wanted: tuple[float, ...]) -> None:
    found = [schedule(step) for step in STEPS]
    assert found == pytest.approx(wanted, rel=2e-6, abs=1e-12)
    assert {type(rate) for rate in found} == {float}


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in SCHEDULES])
def test_config_makes_an_equal_schedule(schedule: LearningRateSchedule) -> None:
    again = schedules.deserialize(schedules.serialize(schedule))
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()


def test_configs_match_keras() -> None:
    assert schedules.serialize(CosineDecay(0.1, 10)) == {
        "module": "keras.optimizers.schedules",
        "class_name": "CosineDecay",
        "config": {
            "initial_learning_rate": 0.1,
            "decay_steps": 10,
            "alpha": 0.0,
            "name": "CosineDecay",
            "warmup_target": None,
            "warmup_steps": 0,
        },
        "registered_name": None,
    }
    assert PiecewiseConstantDecay([1], [2, 3]).get_config()["name"] == "PiecewiseConstant"


def test_schedules_are_in_keras_namespace() -> None:
    assert optimizers.schedules.ExponentialDecay is ExponentialDecay


@pytest.mark.parametrize("kind", [CosineDecay, PolynomialDecay])
@pytest.mark.parametrize("steps", [0, -5])
def test_decay_steps_must_be_positive(kind: Any, steps: int) -> None:
    with pytest.raises(ArgumentError, match=f"decay_steps={steps}"):
        kind(0.1, steps)


def test_boundaries_and_values_must_match() -> None:
    with pytest.raises(ArgumentError, match="2 boundaries and 2 values"):
        PiecewiseConstantDecay([1, 2], [0.1, 0.2])


def test_an_unknown_schedule_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'CosineDecy'") as caught:
        schedules.deserialize({"class_name": "CosineDecy", "config": {}})
    assert "did you mean 'CosineDecay'?" in str(caught.value.hint)
