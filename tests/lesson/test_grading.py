"""Answers as people type them, and what they are told."""

import pytest

from scallion import lesson
from scallion.errors import ArgumentError
from scallion.lesson.grading import grade
from scallion.lesson.number_input import read_number
from scallion.lesson.questions import ChoiceQuestion, NumberQuestion, Option, PredictionQuestion

ONIONS = lesson.find("onions").questions


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("307300", 307300),
        ("307,300", 307300),
        ("307 300", 307300),
        ("307'300", 307300),
        ("1,234,567", 1234567),
        ("  42. ", 42),
        ("32*32*3*100 + 100", 307300),
        ("32 x 32 × 3 · 100+100", 307300),
        ("(32*32*3)*100 + 100 = 307300", 307300),
        ("3^2*3*100", 2700),
        ("3.073e5", 307300),
        ("0.25", 0.25),
        ("25 %", 0.25),
        ("-4", -4),
        (12, 12),
    ],
)
def test_a_number_may_be_written_as_one_likes(typed, value) -> None:
    assert read_number(typed) == value


@pytest.mark.parametrize(
    "typed", ["", "many", "1/0", "9**9**9", "2**999", "__import__('os')", "1e400", "(" * 500, "1,2"]
)
def test_what_is_no_number_is_refused_and_never_run(typed) -> None:
    with pytest.raises(ArgumentError, match="not a number"):
        read_number(typed)


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
def test_the_lessons_own_answers_are_right(name, answer) -> None:
    assert grade(ONIONS[name], answer).right is True


def test_a_right_number_is_shown_as_the_sum_that_it_is() -> None:
    assert grade(ONIONS["dense-parameters"], 307300).reason == "Right: 3072*100 + 100 = 307,300."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("30730", "about 10 times too little"),
        ("614600", "about 2 times too much"),
        ("307500", "close, a bit too much"),
        ("-5", "there is at least one"),
    ],
)
def test_an_unforeseen_number_is_told_how_far_it_is_off(answer, words) -> None:
    assert words in grade(ONIONS["dense-parameters"], answer).hint


def test_a_tolerance_is_allowed_where_it_is_given() -> None:
    question = NumberQuestion(id="q", ask="?", answer=0.5, tolerance=0.05)
    assert grade(question, "0.46").right is True
    assert grade(question, "0.44").right is False


def test_a_wrong_choice_gets_the_hint_of_that_option() -> None:
    found = grade(ONIONS["more-or-fewer"], "a")
    assert found.right is False
    assert "9,248" in found.hint


def test_a_letter_that_is_no_option_is_no_mistake_but_an_error() -> None:
    question = ChoiceQuestion(id="q", ask="?", options=[Option("x", right=True), Option("y")])
    with pytest.raises(ArgumentError, match="not one of the options") as caught:
        grade(question, "c")
    assert caught.value.hint == "one letter: a, b"


def test_a_prediction_cannot_be_wrong() -> None:
    assert grade(PredictionQuestion(id="q", ask="?"), "it goes up").right is None
    with pytest.raises(ArgumentError, match="the prediction is empty"):
        grade(PredictionQuestion(id="q", ask="?"), "  ")
