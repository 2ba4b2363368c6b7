"""A study's file, what is wrong with one, and the cells that it makes."""

import pytest

from scallion.errors import DataError, UnknownNameError
from scallion.study import plan
from scallion.study.answers.statistics import difference, estimate
from scallion.study.plan import Study
from scallion.study.results import TrialResult
from scallion.study.samplers import make_trials
from scallion.study.worker import StopRule, median_by_epoch, should_stop
from scallion.toml_format import read_toml

GOOD = """
title = "Rates"
base = { model = "lesson", epochs = 2 }
[axes]
dropout = [0.0, 0.5]
seed = [1, 2]
[[questions]]
id = "best"
ask = "Which is best?"
kind = "compare"
axis = "dropout"
"""


def read(text: str) -> Study:
    return read_toml(text, Study, "rates.toml")


def test_all_values_are_combined_and_each_cell_has_a_name_of_its_own() -> None:
    made = make_trials(read(GOOD))
    assert [cell.values for cell in made] == [
        {"dropout": 0.0, "seed": 1},
        {"dropout": 0.5, "seed": 1},
        {"dropout": 0.0, "seed": 2},
        {"dropout": 0.5, "seed": 2},
    ]
    assert len({cell.key for cell in made}) == 4


def test_a_changed_base_is_another_cell_so_nothing_stale_is_taken() -> None:
    one, other = (
        make_trials(read(GOOD))[0],
        make_trials(read(GOOD.replace("epochs = 2", "epochs = 3")))[0],
    )
    assert one.values == other.values
    assert one.key != other.key


def test_values_are_drawn_the_same_each_time_and_within_the_range() -> None:
    text = GOOD.replace(
        "dropout = [0.0, 0.5]",
        "learning_rate = { low = 1e-4, high = 1e-2, log = true }\n"
        'data = ["mnist", "fashion-mnist"]',
    ).partition("[[questions]]")[0]
    drawn = make_trials(read(text + "[random]\ncount = 30\nseed = 5\n"))
    assert [cell.key for cell in drawn] == [
        cell.key for cell in make_trials(read(text + "[random]\ncount = 30\nseed = 5\n"))
    ]
    rates = [cell.values["learning_rate"] for cell in drawn]
    assert len(drawn) == 60
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)
    assert 0.2 < sum(rate < 1e-3 for rate in rates) / 60 < 0.8  # half of them, by log
    assert {cell.values["data"] for cell in drawn} == {"mnist", "fashion-mnist"}


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (('axis = "dropout"', ""), "a compare is along an axis", "axis ="),
        (('axis = "dropout"', 'axis = "rate"'), "unknown axis. Received: 'rate'", "dropout"),
        (("[0.0, 0.5]", "[]"), "has an axis with values", "[axes]"),
        (("[0.0, 0.5]", "{ low = 0.1, high = 0.5 }"), "needs to be drawn from", "[random]"),
        (("[0.0, 0.5]", "{ low = 0.5, high = 0.1 }"), "a range goes up", "low ="),
        (("title", "titel"), "unknown field `titel`", "its fields are: title"),
        (('"compare"', '"best"'), "invalid enum value 'best'", "compare with"),
    ],
)
def test_what_is_wrong_is_said_with_an_edit(change, message, hint) -> None:
    with pytest.raises(DataError) as caught:
        read(GOOD.replace(*change))
    assert "rates.toml: " in caught.value.message
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_unknown_study_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        plan.find("onions-exercise-3")
    assert "did you mean 'onions-exercise-2'?" in (caught.value.hint or "")


def test_an_interval_is_that_of_student() -> None:
    # By hand: 3 -+ 2.7764 * 1.58114 / sqrt(5), with t for four degrees of freedom.
    found = estimate([1, 2, 3, 4, 5])
    assert found.low == pytest.approx(1.0368, abs=5e-4)
    assert found.high == pytest.approx(4.9632, abs=5e-4)


def test_differences_are_taken_between_runs_of_the_same_seed() -> None:
    def runs(rate, *losses):
        return [
            TrialResult({"dropout": rate, "seed": seed}, {"val_loss": [loss]})
            for seed, loss in enumerate(losses)
        ]

    found = difference("loss", runs(0.5, 1.1, 2.1, 3.1), runs(0.0, 1.0, 2.0, 3.0), "dropout")
    assert (found.count, found.sign) == (3, 1)
    assert found.mean == pytest.approx(0.1)


def test_hopeless_runs_are_told_from_others() -> None:
    stop = StopRule(after=2, below=0.15, behind=0.1)
    assert not should_stop(stop, 0, 0.1, [])
    assert should_stop(stop, 1, 0.1, [])
    median = median_by_epoch([[0.5, 0.7], [0.5, 0.8], [0.6, 0.9]])  # type: ignore[list-item]
    assert median == [0.5, 0.8]
    assert should_stop(stop, 1, 0.65, median)
    assert not should_stop(stop, 1, 0.75, median)
