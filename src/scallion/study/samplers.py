"""The cells of a study: one set of values for each run, in the order in which they run."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

import msgspec
import numpy as np

from scallion import runs
from scallion.errors import DataError
from scallion.runs.folder.run_folder import safe_name
from scallion.study.plan import Study, Value, ValueRange

# Fields of a run's settings; every other name is a field of the recipe or an argument of layers.
FIELDS = frozenset(
    {"data", "model", "epochs", "batch_size", "learning_rate", "seed", "limit", "patience"}
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a study. `values` are those along the axes, `settings` all that decide it.

    Cells of a lower `rank` run first; those that a small budget gives up have the highest.
    """

    values: dict[str, Value]
    settings: dict[str, Any]
    rank: tuple[int, ...] = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """A name for its files, which changes with anything that decides the result."""
        text = msgspec.json.encode(self.settings, order="sorted")
        words = "-".join(
            str(value) if isinstance(value, str) else f"{name}-{value:.4g}"
            for name, value in self.values.items()
        )
        return f"{safe_name(words)}-{hashlib.sha256(text).hexdigest()[:8]}"

    def as_settings(self, out: Any, metrics: tuple[str, ...]) -> runs.Settings:
        """What a run is asked for."""
        own = {name: value for name, value in self.settings.items() if name in FIELDS}
        others = {name: value for name, value in self.settings.items() if name not in FIELDS}
        return runs.Settings(**own, out=out, metrics=metrics, overrides=others)


def make_trials(study: Study) -> list[Trial]:
    """All cells, those first that are given up last. Raises DataError for two that are equal."""
    draws = _grid(study) if study.random is None else _drawn(study)
    made = [
        Trial(values, {**study.settled, **values}, _rank(study, values, number))
        for number, values in enumerate(draws)
    ]
    if len({cell.key for cell in made}) < len(made):
        raise DataError("an axis has a value twice", hint="seed = [1, 2, 3]")
    return sorted(made, key=lambda cell: cell.rank)


def values_by_priority(study: Study, axis: str) -> list[Value]:
    """The values of an axis in the order in which they are kept: the last is given up first."""
    values = study.axes[axis]
    if isinstance(values, ValueRange):
        return []
    first = [value for value in study.budget.keep_first.get(axis, []) if value in values]
    return [*first, *(value for value in values if value not in first)]


def _rank(study: Study, values: dict[str, Value], number: int) -> tuple[int, ...]:
    """What is given up first counts most."""
    places = (
        values_by_priority(study, axis).index(values[axis])
        for axis in study.budget.give_up
        if axis in values
    )
    return (*places, number)


def _grid(study: Study) -> Iterator[dict[str, Value]]:
    axes = {name: axis for name, axis in study.axes.items() if not isinstance(axis, ValueRange)}
    for chosen in itertools.product(*axes.values()):
        yield dict(zip(axes, chosen, strict=True))


def _drawn(study: Study) -> Iterator[dict[str, Value]]:
    if study.random is None:
        return
    generator = np.random.Generator(np.random.Philox(study.random.seed))
    seeds = study.axes.get("seed", [])
    for _ in range(study.random.count):
        drawn = {
            name: _draw(axis, generator) for name, axis in study.axes.items() if name != "seed"
        }
        for seed in [] if isinstance(seeds, ValueRange) else seeds or [None]:
            yield drawn if seed is None else {**drawn, "seed": seed}


def _draw(axis: list[Value] | ValueRange, generator: np.random.Generator) -> Value:
    if not isinstance(axis, ValueRange):
        return axis[int(generator.integers(len(axis)))]
    if axis.log:
        return float(f"{exp(generator.uniform(log(axis.low), log(axis.high))):.4g}")
    return float(f"{generator.uniform(axis.low, axis.high):.4g}")
