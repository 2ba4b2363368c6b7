"""The kinds of questions, as a lesson's page writes them."""

from typing import Annotated

import msgspec

from scallion.errors import DataError
from scallion.lesson.counting_mistakes import CountingMistake, ParameterCount, expected_mistakes
from scallion.lesson.number_input import Number, read_number

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*$")]


class Question(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all kinds have: a name, the words, and what is said once it is answered."""

    id: Name
    ask: str
    solution: str = ""


class Hint(msgspec.Struct, forbid_unknown_fields=True):
    """Words for one wrong number; `value` may be a sum: `"32*32*3*100"`."""

    value: int | float | str
    say: str


class NumberQuestion(Question, tag="number"):
    """Answered by a number: `answer`, or what `count` says a layer has in parameters.

    `tolerance` is how far off an answer may be. With `count`, the usual mistakes have their hints
    already; `hints` adds others or replaces them.
    """

    answer: int | float | str | None = None
    count: ParameterCount | None = None
    tolerance: float = 0.0
    hints: list[Hint] = []
    hint: str = ""

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.count is None):
            raise DataError(
                f"question {self.id!r}: a number has either `answer` or `count`",
                hint='answer = "32*32*3*100 + 100"',
            )
        _ = self.right, self.mistakes

    @property
    def right(self) -> Number:
        """The right answer."""
        return self.count.parameters if self.count else read_number(self.answer)

    @property
    def mistakes(self) -> list[CountingMistake]:
        """The wrong answers that have words of their own; the page's own come first."""
        own = [CountingMistake("named", int(read_number(h.value)), h.say) for h in self.hints]
        values = {mistake.value for mistake in own}
        known = expected_mistakes(self.count) if self.count else []
        return [*own, *(mistake for mistake in known if mistake.value not in values)]


class Option(msgspec.Struct, forbid_unknown_fields=True):
    """One of the choices; `hint` is said to who takes it wrongly."""

    text: str
    right: bool = False
    hint: str = ""


class ChoiceQuestion(Question, tag="choice"):
    """Answered by the letter of the one right option."""

    options: list[Option]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise DataError(
                f"question {self.id!r}: a choice has two options or more, one of them right",
                hint='options = [{text = "more"}, {text = "fewer", right = true}]',
            )

    @property
    def letters(self) -> str:
        """The letters of the options, in their order."""
        return "abcdefghijklmnopqrstuvwxyz"[: len(self.options)]


class PredictionQuestion(Question, tag="prediction"):
    """Answered by what the learner expects, before it is measured. Nothing is wrong.

    With `options` it is one of them, else free words.
    """

    options: list[str] = []


class NetworkRequirements(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a network must be like. Shapes are without the batch; None asks for nothing.

    `layers` counts layers by their Keras name; `into_flatten` is the shape that Flatten gets.
    """

    input_shape: list[int] | None = None
    output_shape: list[int] | None = None
    parameters: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    layers: dict[str, int] = {}
    into_flatten: list[int] | None = None


class TrainingCheck(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a network is trained for a check, and between what its results must lie.

    It is trained once a seed, and the mean over the seeds counts. `gap_at_most` is how much higher
    the training accuracy may end than that of validation.
    """

    data: str = "fashion-mnist"
    limit: int = 2000
    epochs: int = 3
    batch_size: int = 32
    seeds: list[int] = msgspec.field(default_factory=lambda: [1, 2, 3])
    accuracy: tuple[float, float] | None = None
    gap_at_most: float | None = None


class BuildQuestion(Question, tag="build"):
    """Answered by a Python file that makes a network called `model`; `program` is one that does."""

    require: NetworkRequirements = msgspec.field(default_factory=NetworkRequirements)
    train: TrainingCheck | None = None
    hints: list[Hint] = []  # by the number of parameters
    program: str = ""


class RunQuestion(Question, tag="run"):
    """Answered by the folder of a run, which `scallion train` has made."""

    data: str | None = None
    epochs_at_least: int = 1
    accuracy: tuple[float, float] | None = None
    gap_at_most: float | None = None


AnyQuestion = NumberQuestion | ChoiceQuestion | PredictionQuestion | BuildQuestion | RunQuestion
