"""A study's TOML file: base settings, axes, time budget, questions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from scallion import files
from scallion.datasets.dataset_location import is_available
from scallion.errors import DataError, MissingFileError, UnknownNameError
from scallion.runs.training.overrides import LAYER_ARGUMENTS, RECIPE_FIELDS, SHORT_NAMES
from scallion.runs.training.settings import SETTING_NAMES
from scallion.toml_format import read_toml

_LARGEST = 2.0**64  # of the numbers in settings

BUNDLED = Path(__file__).parent / "bundled"
Value = str | int | float | bool
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=525_600)]  # a year
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class ValueRange(msgspec.Struct, forbid_unknown_fields=True):
    """A range to draw values from, uniformly or, with `log`, uniformly in their logarithm."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        is_finite = isfinite(self.low) and isfinite(self.high)
        if not is_finite or not self.low < self.high or (self.log and self.low <= 0):
            raise DataError(
                "`low` must be below `high`, both finite, and above 0 with `log`. "
                f"Received: low = {self.low}, high = {self.high}",
                hint="{ low = 1e-4, high = 1e-2, log = true }",
            )


class RandomSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Draw `count` combinations instead of taking all; each is trained with every seed."""

    count: Positive
    seed: Seed = 0


class TimeLimit(msgspec.Struct, forbid_unknown_fields=True):
    """The minutes that a study may take, and the axes to shorten if it would take longer.

    `give_up` names axes, in order. Whole values of an axis are dropped, from the end of its list in
    `keep_first`, else from the end of the axis. The first value always stays.
    """

    minutes: Minutes | None = None
    give_up: list[str] = msgspec.field(default_factory=lambda: ["seed"])
    keep_first: dict[str, list[Value]] = {}


class PruningRule(msgspec.Struct, forbid_unknown_fields=True):
    """The conditions that stop an unpromising run: after epoch `after`, below or far behind others.

    `below` is a validation accuracy; `behind` is the distance to the median validation accuracy of
    the finished runs at the same epoch.
    """

    after: Positive = 3
    below: Fraction | None = None
    behind: Fraction | None = None


class ReferenceValue(msgspec.Struct, forbid_unknown_fields=True):
    """A value from another study, and its source."""

    value: float
    source: str


class StudyQuestion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A question that the results answer, separately for each value of the axis `by`.

    `where` selects runs with these values. Comparisons and trends need an `axis` and a `measure`.
    `beside` are values measured elsewhere to compare the answer with.
    """

    id: str
    ask: str
    kind: Literal["level", "agreement", "overfitting", "trend", "compare"]
    by: str | None = None
    axis: str | None = None
    measure: str = "accuracy"
    where: dict[str, Value] = {}
    beside: dict[str, ReferenceValue] = {}

    def __post_init__(self) -> None:
        if self.kind in ("trend", "compare") and self.axis is None:
            raise DataError(
                f"question {self.id!r}: the kind {self.kind} needs an axis", hint='axis = "dropout"'
            )


class Study(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The contents of a study's file.

    `base` and `axes` name settings of a run, or fields of its recipe and layers. `stand_in` is the
    data set to use if that of `base` is not on this machine.
    """

    title: str
    about: str = ""
    base: dict[str, Any] = {}
    axes: dict[str, list[Value] | ValueRange]
    labels: dict[str, dict[str, str]] = {}
    measures: list[str] = []
    random: RandomSearch | None = None
    budget: TimeLimit = msgspec.field(default_factory=TimeLimit)
    stop: PruningRule | None = None
    stand_in: str | None = None
    questions: list[StudyQuestion] = []

    def __post_init__(self) -> None:
        if not self.axes or not all(self.axes.values()):
            raise DataError("a study needs an axis with values", hint="[axes]\nseed = [1, 2, 3]")
        for place, names in (("axes", self.axes), ("base", self.base)):
            for name in names:
                _check_name(name, place)
        for place, values in self._all_values():
            _check_value(place, values)
        used = {
            axis for question in self.questions for axis in (question.by, question.axis) if axis
        }
        used |= {axis for question in self.questions for axis in question.where}
        for axis in used.union(self.budget.give_up, self.budget.keep_first):
            if axis not in {*self.axes, "seed"}:
                raise UnknownNameError("axis", axis, self.axes)
        if self.random is None and any(isinstance(x, ValueRange) for x in self.axes.values()):
            raise DataError("a range needs random search", hint="[random]\ncount = 20")
        if duplicate := _first_duplicate([question.id for question in self.questions]):
            raise DataError(f"two questions are called {duplicate!r}", hint=f'id = "{duplicate}-2"')

    def _all_values(self) -> Iterator[tuple[str, Any]]:
        """Yield every value of a run's settings, with its place in the file."""
        for name, value in self.base.items():
            yield f"base.{name}", value
        for name, axis in self.axes.items():
            for value in [] if isinstance(axis, ValueRange) else axis:
                yield f"axes.{name}", value

    @property
    def available_base(self) -> dict[str, Any]:
        """The base settings, with `stand_in` for a data set that is not on this machine."""
        data = self.base.get("data")
        if self.stand_in is None or not isinstance(data, str) or is_available(data):
            return self.base
        return {**self.base, "data": self.stand_in}

    def label(self, axis: str, value: Value) -> str:
        """Return the label of a value of an axis."""
        return self.labels.get(axis, {}).get(str(value), str(value))

    def name(self, axis: str, value: Value) -> str:
        """Return a value with its axis, such as `dropout 0.2`; a text is its label alone."""
        label = self.label(axis, value)
        return label if isinstance(value, str) else f"{axis} {label}"

    def values(self, axis: str, results_values: set[Value]) -> list[Value]:
        """Return those values of an axis that results have, in the study's order or sorted."""
        known = self.axes.get(axis, [])
        if isinstance(known, list):
            return [value for value in known if value in results_values]
        return sorted(results_values)  # type: ignore[type-var]  (a range has numbers only)


@dataclass(frozen=True, slots=True)
class NamedStudy:
    """A study with the name of its file and its text."""

    name: str
    study: Study
    text: str


def names() -> tuple[str, ...]:
    """Return the names of the studies that come with Scallion."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.toml")))


def find(name: files.StrPath) -> NamedStudy:
    """Return the bundled study of this name, or the one in this file.

    >>> find("onions-exercise-2").study.axes["dropout"]
    [0.0, 0.2, 0.5, 0.8]

    Raises UnknownNameError, MissingFileError, DataError.
    """
    path = Path(name)
    if str(name) in names():
        path = BUNDLED / f"{name}.toml"
    elif not path.is_file():
        if path.suffix != ".toml":
            raise UnknownNameError("study", str(name), names())
        raise MissingFileError(f"{path} does not exist", hint=files.missing_file_hint(path))
    text = files.read_bytes(path).decode("utf-8", errors="replace")
    return NamedStudy(path.stem, read_toml(text, Study, path.name), text)


def has_values(values: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Return whether `values` has all the values in `where`."""
    return all(values.get(name) == value for name, value in where.items())


def _check_name(name: str, place: str) -> None:
    """Raise DataError for a name that is neither a setting nor an override."""
    known = {*SETTING_NAMES, *RECIPE_FIELDS, *LAYER_ARGUMENTS, *SHORT_NAMES}
    if name.rpartition(".")[2] in known:
        return
    error = UnknownNameError("setting", name, known)
    raise DataError(f"[{place}]: {error.message}", hint=error.hint, field=name, value=name)


def _check_value(place: str, value: Any) -> None:
    """Raise DataError for a value that no setting can have."""
    parts = value if isinstance(value, list) else [value]
    for part in parts:
        is_plain = isinstance(part, str | bool | int | float)
        if is_plain and (isinstance(part, str) or abs(part) < _LARGEST):
            continue
        raise DataError(
            f"{place}: settings are texts, true or false, and finite numbers. "
            f"Received: {value!r:.60}",
            hint="dropout = [0.0, 0.2, 0.5]",
        )


def _first_duplicate(names: list[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)
