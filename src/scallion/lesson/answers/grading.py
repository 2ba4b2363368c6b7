"""Grade an answer: right, wrong with a fitting hint, or saved if nothing can be wrong."""

from collections.abc import Callable
from dataclasses import dataclass

from scallion.errors import ArgumentError, ScallionError
from scallion.lesson.answers.number_input import Number, format_number, read_number
from scallion.lesson.questions import (
    AnyQuestion,
    BuildQuestion,
    ChoiceQuestion,
    NumberQuestion,
    PredictionQuestion,
    RunQuestion,
)

Answer = str | int | float
TypedQuestion = NumberQuestion | ChoiceQuestion | PredictionQuestion

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade of an answer. `right` is None if nothing can be wrong.

    `mistake` names a mistake that the lesson expects. `reason` says what was found, `hint` how to
    continue; neither reveals the answer.
    """

    right: bool | None
    reason: str
    hint: str = ""
    mistake: str = ""

    @property
    def text(self) -> str:
        """Reason and hint."""
        return f"{self.reason} {self.hint}".strip()


def grade(question: TypedQuestion, answer: Answer) -> Grade:
    """Grade an answer to a question that needs no network.

    Raises ArgumentError for an answer of another form, such as a word instead of a number: that
    is no mistake in the learner's thinking, and the error says what to type.
    """
    match question:
        case NumberQuestion():
            return _grade_number(question, answer)
        case ChoiceQuestion():
            return _grade_choice(question, answer)
        case PredictionQuestion():
            return _grade_prediction(question, answer)


def prediction_text(question: PredictionQuestion, answer: Answer) -> str:
    """Return the learner's prediction, with the option's text in place of its letter."""
    given = str(answer).strip()
    index = LETTERS.find(given.lower()) if len(given) == 1 else -1
    return question.options[index] if 0 <= index < len(question.options) else given


def grade_or_error(check: Callable[[], Grade]) -> Grade:
    """Return the grade that `check` finds; an error becomes a wrong answer with its message."""
    try:
        return check()
    except ScallionError as error:
        return Grade(False, error.message + ".", error.hint or "", "unusable")


def needs_file(question: AnyQuestion) -> bool:
    """Return whether the answer is a network or a run, not something typed."""
    return isinstance(question, BuildQuestion | RunQuestion)


def _grade_number(question: NumberQuestion, answer: Answer) -> Grade:
    value, right = read_number(answer), question.right
    if abs(value - right) <= question.tolerance:
        return Grade(True, f"Right: {_calculation(question)}.")
    reason = f"{format_number(value)} is not it."
    for mistake in question.mistakes:
        if value == mistake.value:
            return Grade(False, reason, mistake.hint, mistake.name)
    return Grade(False, reason, question.hint or _distance_hint(value, right))


def _calculation(question: NumberQuestion) -> str:
    """Return the right answer, with the sum that leads to it if there is one."""
    if question.count is not None:
        terms, _, total = question.count.arithmetic.rpartition(" = ")
        return f"{terms} = {format_number(int(total))}"
    right = format_number(question.right)
    given = str(question.answer)
    return f"{given} = {right}" if set("*+-/").intersection(given.lstrip("-")) else right


def _distance_hint(value: Number, right: Number) -> str:
    if value <= 0 < right:
        return "Count again: there is at least one."
    if right <= 0:
        return "It is smaller." if value > right else "It is larger."
    factor = value / right if value > right else right / value
    direction = "much" if value > right else "little"
    if factor < 1.2:
        return f"That is close, a bit too {direction}. Did you forget a small term, or add one?"
    times = f"about {factor:.0f} times" if factor >= 1.75 else "about one and a half times"
    return f"That is {times} too {direction}. Which factor is missing, or counted twice?"


def _grade_choice(question: ChoiceQuestion, answer: Answer) -> Grade:
    option = question.options[_option_index(question, str(answer))]
    if option.right:
        return Grade(True, "Right.")
    return Grade(False, f'"{option.text}" is not it.', option.hint, "chose")


def _option_index(question: ChoiceQuestion, answer: str) -> int:
    given = answer.strip().rstrip(".)").lower()
    texts = [option.text.lower() for option in question.options]
    for known in (list(question.letters), texts):
        if given in known:
            return known.index(given)
    raise _not_an_option(answer, question.letters)


def _grade_prediction(question: PredictionQuestion, answer: Answer) -> Grade:
    given = str(answer).strip()
    letters = LETTERS[: len(question.options)]
    if question.options and given.lower() not in (*letters, *map(str.lower, question.options)):
        raise _not_an_option(given, letters)
    if not given:
        raise ArgumentError("the prediction is empty", hint="a word or two will do")
    return Grade(None, "Saved. You will see it again next to the measurement.")


def _not_an_option(answer: str, letters: str) -> ArgumentError:
    return ArgumentError(
        f"this is not one of the options. Received: {answer[:60]!r}",
        hint=f"one letter: {', '.join(letters)}",
    )
