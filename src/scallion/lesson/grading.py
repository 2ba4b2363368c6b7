"""An answer against its question: right, wrong with the hint that fits, or kept."""

from collections.abc import Callable
from dataclasses import dataclass

from scallion.errors import ArgumentError, ScallionError
from scallion.lesson.number_input import Number, format_number, read_number
from scallion.lesson.questions import (
    AnyQuestion,
    BuildQuestion,
    ChoiceQuestion,
    NumberQuestion,
    PredictionQuestion,
    RunQuestion,
)

Answer = str | int | float
Open = BuildQuestion | RunQuestion
Asked = NumberQuestion | ChoiceQuestion | PredictionQuestion


@dataclass(frozen=True, slots=True)
class Grade:
    """What an answer is worth. `right` is None where nothing can be wrong.

    `mistake` names what seems to have gone wrong, where that was foreseen. `reason` says what was
    found, `hint` how to go on; neither gives the answer away.
    """

    right: bool | None
    reason: str
    hint: str = ""
    mistake: str = ""

    @property
    def words(self) -> str:
        """Reason and hint, as they are read."""
        return f"{self.reason} {self.hint}".strip()


def grade(question: Asked, answer: Answer) -> Grade:
    """The grade of an answer to a question that needs no network. Raises ArgumentError for noise.

    An answer that is not of the asked form is no mistake of thought: the error says what to type.
    """
    match question:
        case NumberQuestion():
            return _number(question, answer)
        case ChoiceQuestion():
            return _choice(question, answer)
        case PredictionQuestion():
            return _prediction(question, answer)


def _number(question: NumberQuestion, answer: Answer) -> Grade:
    value, right = read_number(answer), question.right
    if abs(value - right) <= question.tolerance:
        return Grade(True, f"Right: {_as_sum(question)}.")
    reason = f"{format_number(value)} is not it."
    for mistake in question.mistakes:
        if value == mistake.value:
            return Grade(False, reason, mistake.hint, mistake.name)
    return Grade(False, reason, question.hint or _how_far(value, right))


def _as_sum(question: NumberQuestion) -> str:
    """The right answer, as a sum where there is one."""
    if question.count is not None:
        terms, _, total = question.count.arithmetic.rpartition(" = ")
        return f"{terms} = {format_number(int(total))}"
    right = format_number(question.right)
    given = str(question.answer)
    return f"{given} = {right}" if set("*+-/").intersection(given.lstrip("-")) else right


def _how_far(value: Number, right: Number) -> str:
    if value <= 0 < right:
        return "Count again: there is at least one."
    if right <= 0:
        return "It is smaller." if value > right else "It is larger."
    factor = value / right if value > right else right / value
    direction = "much" if value > right else "little"
    if factor < 1.2:
        return f"That is close, a bit too {direction}. Did you forget a small term, or add one?"
    times = f"about {factor:.0f} times" if factor >= 1.75 else "about one and a half times"
    return f"That is {times} too {direction}. Which factor is missing, or in there twice?"


def _choice(question: ChoiceQuestion, answer: Answer) -> Grade:
    option = question.options[_letter(question, str(answer))]
    if option.right:
        return Grade(True, "Right.")
    return Grade(False, f'"{option.text}" is not it.', option.hint, "chose")


def _letter(question: ChoiceQuestion, answer: str) -> int:
    given = answer.strip().rstrip(".)").lower()
    texts = [option.text.lower() for option in question.options]
    for known in (list(question.letters), texts):
        if given in known:
            return known.index(given)
    raise ArgumentError(
        f"this is none of the options. Received: {answer[:60]!r}",
        hint=f"one letter: {', '.join(question.letters)}",
    )


def _prediction(question: PredictionQuestion, answer: Answer) -> Grade:
    given = str(answer).strip()
    letters = "abcdefghijklmnopqrstuvwxyz"[: len(question.options)]
    if question.options and given.lower() not in (*letters, *map(str.lower, question.options)):
        raise ArgumentError(
            f"this is none of the options. Received: {given[:60]!r}",
            hint=f"one letter: {', '.join(letters)}",
        )
    if not given:
        raise ArgumentError("nothing was predicted", hint="a word or two will do")
    return Grade(None, "Kept. You will see it again beside what is measured.")


def prediction_text(question: PredictionQuestion, answer: Answer) -> str:
    """What the learner expected, in words."""
    given = str(answer).strip()
    place = "abcdefghijklmnopqrstuvwxyz".find(given.lower()) if len(given) == 1 else -1
    return question.options[place] if 0 <= place < len(question.options) else given


def attempt(check: Callable[[], Grade]) -> Grade:
    """The grade, or for a file that cannot be used a wrong one that says why."""
    try:
        return check()
    except ScallionError as error:
        return Grade(False, error.message + ".", error.hint or "", "unusable")


def needs_more(question: AnyQuestion) -> bool:
    """Whether the answer is a network or a run rather than something typed."""
    return isinstance(question, BuildQuestion | RunQuestion)
