"""A study as its TOML file says it: a base, axes, a budget, questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from scallion import files
from scallion.datasets.dataset_location import is_available
from scallion.errors import DataError, MissingFileError, UnknownNameError
from scallion.toml_format import read_toml

BUNDLED = Path(__file__).parent / "bundled"
Value = str | int | float | bool
Least1 = Annotated[int, msgspec.Meta(ge=1)]


class ValueRange(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers to draw at random from `low` to `high`; with `log`, as many of each size."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise DataError(
                f"a range goes up, and with log from above 0. Received: {self.low} to {self.high}",
                hint="{ low = 1e-4, high = 1e-2, log = true }",
            )


class RandomSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Draw so many settings instead of taking all; seeds are not drawn, each draw gets them all."""

    count: Least1
    seed: int = 0


class TimeBudget(msgspec.Struct, forbid_unknown_fields=True):
    """How long the study may take, and what it gives up where it would take longer.

    `give_up` names axes, in order. Of an axis whole values go, the last of its `give_up_values`
    list first, else the last ones of the axis. The first seed and the first value always stay.
    """

    minutes: float | None = None
    give_up: list[str] = msgspec.field(default_factory=lambda: ["seed"])
    keep_first: dict[str, list[Value]] = {}


class StopRule(msgspec.Struct, forbid_unknown_fields=True):
    """When a run is hopeless: after so many epochs no better than `below`, or far `behind`.

    `below` is a validation accuracy; `behind` is how much less than the median of the finished
    runs at the same epoch.
    """

    after: Least1 = 3
    below: float | None = None
    behind: float | None = None


class StudyQuestion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A question that the numbers answer. `by` answers it for each value of an axis.

    `where` takes only runs with these values. `axis` and `measure` are for comparisons and trends.
    `beside` are numbers measured elsewhere to hold the answer against.
    """

    id: str
    ask: str
    kind: Literal["level", "agreement", "overfitting", "trend", "compare"]
    by: str | None = None
    axis: str | None = None
    measure: str = "accuracy"
    where: dict[str, Value] = {}
    beside: dict[str, "ReferenceValue"] = {}

    def __post_init__(self) -> None:
        if self.kind in ("trend", "compare") and self.axis is None:
            raise DataError(
                f"question {self.id!r}: a {self.kind} is along an axis", hint='axis = "dropout"'
            )


class ReferenceValue(msgspec.Struct, forbid_unknown_fields=True):
    """A number from another study, and where it comes from."""

    value: float
    source: str


class Study(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a study's file holds. `base` and `axes` name fields of a run, or of its layers.

    `stand_in` is the data set that is taken where that of `base` is not on this machine.
    """

    title: str
    about: str = ""
    base: dict[str, Any] = {}
    axes: dict[str, list[Value] | ValueRange]
    labels: dict[str, dict[str, str]] = {}
    measures: list[str] = []
    random: RandomSearch | None = None
    budget: TimeBudget = msgspec.field(default_factory=TimeBudget)
    stop: StopRule | None = None
    stand_in: str | None = None
    questions: list[StudyQuestion] = []

    def __post_init__(self) -> None:
        if not self.axes or not all(self.axes.values()):
            raise DataError("a study has an axis with values", hint="[axes]\nseed = [1, 2, 3]")
        named = {name for ask in self.questions for name in (ask.by, ask.axis) if name}
        named |= {name for ask in self.questions for name in ask.where}
        for name in named.union(self.budget.give_up, self.budget.keep_first):
            if name not in {*self.axes, "seed"}:
                raise UnknownNameError("axis", name, self.axes)
        if self.random is None and any(isinstance(axis, ValueRange) for axis in self.axes.values()):
            raise DataError("a range needs to be drawn from", hint="[random]\ncount = 20")
        if twice := _twice([ask.id for ask in self.questions]):
            raise DataError(f"two questions are called {twice!r}", hint=f'id = "{twice}-2"')

    @property
    def settled(self) -> dict[str, Any]:
        """The base with the data that are here."""
        data = self.base.get("data")
        if self.stand_in is None or not isinstance(data, str) or is_available(data):
            return self.base
        return {**self.base, "data": self.stand_in}

    def label(self, axis: str, value: Value) -> str:
        """How a value of an axis is called in words."""
        return self.labels.get(axis, {}).get(str(value), str(value))


@dataclass(frozen=True, slots=True)
class NamedStudy:
    """A study with the name of its file and what stands in it."""

    name: str
    study: Study
    text: str


def names() -> tuple[str, ...]:
    """The studies that come with Scallion."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.toml")))


def find(name: files.StrPath) -> NamedStudy:
    """The bundled study of this name, or the one in this file. Raises UnknownNameError, DataError.

    >>> find("onions-exercise-2").study.axes["dropout"]
    [0.0, 0.2, 0.5, 0.8]
    """
    path = Path(name)
    if str(name) in names():
        path = BUNDLED / f"{name}.toml"
    elif not path.is_file():
        if path.suffix != ".toml":
            raise UnknownNameError("study", str(name), names())
        raise MissingFileError(f"{path} is not there", hint=f"its name and folder, or {names()[0]}")
    text = files.read_bytes(path).decode("utf-8", errors="replace")
    return NamedStudy(path.stem, read_toml(text, Study, path.name), text)


def _twice(names: list[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)


def same(values: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether a run has these values."""
    return all(values.get(name) == value for name, value in where.items())
