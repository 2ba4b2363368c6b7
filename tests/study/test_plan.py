"""A study's file: its faults are named with an edit."""

import pytest

from scallion.errors import DataError, UnknownNameError
from scallion.study import plan
from scallion.study.plan import Study
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


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (('axis = "dropout"', ""), "the kind compare needs an axis", "axis ="),
        (('axis = "dropout"', 'axis = "rate"'), "unknown axis. Received: 'rate'", "dropout"),
        (("[0.0, 0.5]", "[]"), "needs an axis with values", "[axes]"),
        (("[0.0, 0.5]", "{ low = 0.1, high = 0.5 }"), "a range needs random search", "[random]"),
        (("[0.0, 0.5]", "{ low = 0.5, high = 0.1 }"), "`low` must be below `high`", "low ="),
        (("title", "titel"), "unknown field `titel`", "its fields are: title"),
        (('"compare"', '"best"'), "invalid enum value 'best'", "compare with"),
    ],
)
def test_faults_are_named_with_an_edit(change, message, hint) -> None:
    with pytest.raises(DataError) as caught:
        read(GOOD.replace(*change))
    assert "rates.toml: " in caught.value.message
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_unknown_study_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        plan.find("onions-exercise-3")
    assert "did you mean 'onions-exercise-2'?" in (caught.value.hint or "")
