"""The kinds of questions, with the fields that a lesson's page gives."""

from typing import Annotated

import msgspec

from scallion.errors import DataError
from scallion.lesson.answers.counting_mistakes import (
    CountingMistake,
    ParameterCount,
    expected_mistakes,
)
from scallion.lesson.answers.number_input import Number, read_number

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*$")]


class Question(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """The fields of all kinds: name, text, and the explanation shown after a right answer."""

    id: Name
    ask: str
    solution: str = ""


class Hint(msgspec.Struct, forbid_unknown_fields=True):
    """A hint for one wrong number; `value` may be a calculation: `"32*32*3*100"`."""

    value: int | float | str
    say: str


class NumberQuestion(Question, tag="number"):
    """Answered by a number: `answer`, or the number of parameters of the layer `count`.

    An answer may be off by `tolerance`. With `count`, expected mistakes have hints already;
    `hints` adds to them or replaces them. `hint` is for all other wrong answers.
    """

    answer: int | float | str | None = None
    count: ParameterCount | None = None
    tolerance: float = 0.0
    hints: list[Hint] = []
    hint: str = ""

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.count is None):
            raise DataError(
                f"question {self.id!r}: a number question has either `answer` or `count`",
                hint='answer = "32*32*3*100 + 100"',
            )
        _ = self.right, self.mistakes

    @property
    def right(self) -> Number:
        """The right answer."""
        return self.count.parameters if self.count else read_number(self.answer)

    @property
    def mistakes(self) -> list[CountingMistake]:
        """The wrong answers that have a hint, those of the page first."""
        own = [CountingMistake("named", int(read_number(h.value)), h.say) for h in self.hints]
        values = {mistake.value for mistake in own}
        known = expected_mistakes(self.count) if self.count else []
        return [*own, *(mistake for mistake in known if mistake.value not in values)]


class Option(msgspec.Struct, forbid_unknown_fields=True):
    """One of the choices; a wrong one shows its `hint`."""

    text: str
    right: bool = False
    hint: str = ""


class ChoiceQuestion(Question, tag="choice"):
    """Answered by the letter of the one right option."""

    options: list[Option]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise DataError(
                f"question {self.id!r}: a choice question has several options, one of them right",
                hint='options = [{text = "more"}, {text = "fewer", right = true}]',
            )

    @property
    def letters(self) -> str:
        """The letters of the options, in order."""
        return "abcdefghijklmnopqrstuvwxyz"[: len(self.options)]


class PredictionQuestion(Question, tag="prediction"):
    """Answered by what the learner expects, before it is measured. No answer is wrong.

    With `options` the answer is one of them, else any text.
    """

    options: list[str] = []


class NetworkRequirements(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The requirements for a network. Shapes are without the batch; None requires nothing.

    `layers` maps Keras names of layers to their number; `into_flatten` is Flatten's input shape.
    """

    input_shape: list[int] | None = None
    output_shape: list[int] | None = None
    parameters: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    layers: dict[str, int] = {}
    into_flatten: list[int] | None = None


class TrainingCheck(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The training of a network for a check, and the validation accuracy that it must reach.

    It is trained once per seed, and the mean over the seeds counts. `gap_at_most` is the largest
    allowed difference between training and validation accuracy in the last epoch.
    """

    data: str = "fashion-mnist"
    limit: int = 2000
    epochs: int = 3
    batch_size: int = 32
    seeds: list[int] = msgspec.field(default_factory=lambda: [1, 2, 3])
    accuracy: tuple[float, float] | None = None
    gap_at_most: float | None = None


class BuildQuestion(Question, tag="build"):
    """Answered by a Python file that defines `model`; `program` is such a file."""

    require: NetworkRequirements = msgspec.field(default_factory=NetworkRequirements)
    train: TrainingCheck | None = None
    hints: list[Hint] = []  # by the number of parameters
    program: str = ""


class RunQuestion(Question, tag="run"):
    """Answered by the folder of a run, written by `scallion train`."""

    data: str | None = None
    epochs_at_least: int = 1
    accuracy: tuple[float, float] | None = None
    gap_at_most: float | None = None


AnyQuestion = NumberQuestion | ChoiceQuestion | PredictionQuestion | BuildQuestion | RunQuestion
