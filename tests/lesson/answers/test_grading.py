"""Answers are graded, and wrong ones get a fitting hint."""

import pytest

from scallion import lesson
from scallion.errors import ArgumentError
from scallion.lesson.answers.grading import grade
from scallion.lesson.questions import ChoiceQuestion, NumberQuestion, Option, PredictionQuestion

ONIONS = lesson.find("onions").questions


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("dense-parameters", "307,300"),
        ("convolution-parameters", "3*3*3*100"),
        ("lesson-parameters", "47370"),
        ("deeper-parameters", "36138"),
        ("forgot-flatten", 400),
        ("more-or-fewer", "c"),
        ("more-or-fewer", "Fewer"),
        ("more-or-fewer", "c)"),
    ],
)
def test_the_answers_of_the_solutions_are_right(name, answer) -> None:
    assert grade(ONIONS[name], answer).right is True


def test_a_right_number_is_shown_with_its_calculation() -> None:
    assert grade(ONIONS["dense-parameters"], 307300).reason == "Right: 3072*100 + 100 = 307,300."


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("30730", "about 10 times too little"),
        ("614600", "about 2 times too much"),
        ("307500", "close, a bit too much"),
        ("-5", "there is at least one"),
    ],
)
def test_other_wrong_numbers_get_a_distance_hint(answer, text) -> None:
    assert text in grade(ONIONS["dense-parameters"], answer).hint


def test_answers_within_the_tolerance_are_right() -> None:
    question = NumberQuestion(id="q", ask="?", answer=0.5, tolerance=0.05)
    assert grade(question, "0.46").right is True
    assert grade(question, "0.44").right is False


def test_a_wrong_choice_gets_its_hint() -> None:
    found = grade(ONIONS["more-or-fewer"], "a")
    assert found.right is False
    assert "9,248" in found.hint


def test_an_unknown_option_is_an_error() -> None:
    question = ChoiceQuestion(id="q", ask="?", options=[Option("x", right=True), Option("y")])
    with pytest.raises(ArgumentError, match="not one of the options") as caught:
        grade(question, "c")
    assert caught.value.hint == "one letter: a, b"


def test_a_prediction_cannot_be_wrong() -> None:
    assert grade(PredictionQuestion(id="q", ask="?"), "it goes up").right is None
    with pytest.raises(ArgumentError, match="the prediction is empty"):
        grade(PredictionQuestion(id="q", ask="?"), "  ")
