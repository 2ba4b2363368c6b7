"""What does not fit the time is given up in a stated order: seeds, then rates, never epochs."""

import pytest

from scallion.study import plan
from scallion.study.samplers import make_trials
from scallion.study.time_budget import DroppedTrials, length, select_trials

STUDY = plan.find("onions-exercise-2").study
ALL = make_trials(STUDY)


def fit(minutes: float, seconds: float = 20.0):
    return select_trials(STUDY, ALL, lambda _: seconds, 60 * minutes, [0.0, 0.0])


def test_the_study_is_the_one_that_the_exercise_asks_for() -> None:
    assert len(ALL) == 2 * 4 * 3
    assert {cell.settings["epochs"] for cell in ALL} == {20}
    assert {cell.settings["limit"] for cell in ALL} == {10000}
    assert {cell.as_settings("x", ("precision",)).overrides["dropout"] for cell in ALL} == {
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
def test_a_smaller_time_gives_up_seeds_then_rates(minutes, kept, given) -> None:
    left, gone = fit(minutes)
    assert len(left) == kept
    assert gone == given
    assert {cell.settings["epochs"] for cell in left} == {20}


def test_no_dropout_is_never_given_up() -> None:
    left, _ = fit(0.01)
    assert {(cell.values["data"], cell.values["dropout"]) for cell in left} == {
        ("fashion-mnist", 0.0),
        ("mnist", 0.0),
    }


def test_the_runs_that_are_kept_longest_run_first() -> None:
    order = [(cell.values["seed"], cell.values["dropout"]) for cell in ALL]
    assert order[:8:2] == [(1, 0.0), (1, 0.8), (1, 0.2), (1, 0.5)]
    assert [seed for seed, _ in order] == sorted(seed for seed, _ in order)


def test_the_length_counts_what_workers_are_still_at() -> None:
    assert length(ALL[:3], lambda _: 10.0, [0.0, 25.0]) == 30.0


def test_what_is_given_up_is_said() -> None:
    given = DroppedTrials({"seed": [3], "dropout": [0.5]}, ["x"])
    assert given.words(STUDY, 2.0) == (
        "Given up to stay within 2 minutes: seed 3; dropout 0.5; 1 run that would not have ended "
        "in time. No run has fewer epochs."
    )
    assert DroppedTrials().words(STUDY, 2.0) == ""
