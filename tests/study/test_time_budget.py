"""A short time drops seeds, then rates, never epochs."""

import pytest

from scallion.study import plan
from scallion.study.samplers import make_trials
from scallion.study.time_budget import DroppedTrials, select_trials, total_seconds

STUDY = plan.find("onions-exercise-2").study
ALL = make_trials(STUDY)


def fit(minutes: float, seconds: float = 20.0):
    return select_trials(STUDY, ALL, lambda _: seconds, 60 * minutes, [0.0, 0.0])


def test_the_study_covers_the_exercise() -> None:
    assert len(ALL) == 2 * 4 * 3
    assert {trial.settings["epochs"] for trial in ALL} == {20}
    assert {trial.settings["limit"] for trial in ALL} == {10000}
    assert {trial.run_settings("x", ("precision",)).overrides["dropout"] for trial in ALL} == {
        0.0,
        0.2,
        0.5,
        0.8,
    }


@pytest.mark.parametrize(
    ("minutes", "kept", "given"),
    [
        (4.2, 24, {}),  # 24 runs of 20 s on two workers are 240 s
        (4.0, 16, {"seed": [3]}),
        (2.0, 8, {"seed": [2, 3]}),
        (1.1, 6, {"seed": [2, 3], "dropout": [0.5]}),
        (0.8, 4, {"seed": [2, 3], "dropout": [0.2, 0.5]}),
    ],
)
def test_a_shorter_time_drops_seeds_then_rates(minutes, kept, given) -> None:
    left, gone = fit(minutes)
    assert len(left) == kept
    assert gone == given
    assert {trial.settings["epochs"] for trial in left} == {20}


def test_runs_without_dropout_are_never_dropped() -> None:
    left, _ = fit(0.01)
    assert {(trial.values["data"], trial.values["dropout"]) for trial in left} == {
        ("fashion-mnist", 0.0),
        ("mnist", 0.0),
    }


def test_runs_to_drop_last_come_first() -> None:
    order = [(trial.values["seed"], trial.values["dropout"]) for trial in ALL]
    assert order[:8:2] == [(1, 0.0), (1, 0.8), (1, 0.2), (1, 0.5)]
    assert [seed for seed, _ in order] == sorted(seed for seed, _ in order)


def test_busy_workers_count_in_the_total() -> None:
    assert total_seconds(ALL[:3], lambda _: 10.0, [0.0, 25.0]) == 30.0


def test_dropped_trials_are_named() -> None:
    dropped = DroppedTrials({"seed": [3], "dropout": [0.5]}, ["x"])
    assert dropped.as_text(STUDY, 2.0) == (
        "Dropped to stay within 2 minutes: seed 3; dropout 0.5; 1 run that would not have ended "
        "in time. No run has fewer epochs."
    )
    assert DroppedTrials().as_text(STUDY, 2.0) == ""
