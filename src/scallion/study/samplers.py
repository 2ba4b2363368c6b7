"""Samplers: the trials of a study, one set of values for each run, by grid or random search."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, log, prod
from typing import Any

import msgspec
import numpy as np

from scallion.errors import DataError
from scallion.runs import Settings
from scallion.runs.folder.run_folder import safe_name
from scallion.study.plan import Study, Value, ValueRange

MOST_TRIALS = 100_000
_LONGEST_NAME = 100  # characters, of the name of a trial's files

Values = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a study: its values along the axes, and all settings that decide its result.

    Trials with a lower `priority` run first; those that a short time drops first have the highest.
    """

    values: Values
    settings: dict[str, Any]
    priority: tuple[int, ...] = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """The name of its files, with a hash of all its settings."""
        text = msgspec.json.encode(self.settings, order="sorted")
        words = "-".join(
            str(value) if isinstance(value, str) else f"{name}-{value:.4g}"
            for name, value in self.values.items()
        )
        return f"{safe_name(words)[:_LONGEST_NAME]}-{hashlib.sha256(text).hexdigest()[:8]}"

    def run_settings(self, out: Any, metrics: tuple[str, ...]) -> Settings:
        """Return the settings of its run, with the run folder in `out`."""
        return Settings.from_values(self.settings, out=out, metrics=metrics)


def make_trials(study: Study) -> list[Trial]:
    """Return all trials by priority. Raises DataError for two equal ones, and for too many."""
    if (count := _count(study)) > MOST_TRIALS:
        raise DataError(
            f"a study has at most {MOST_TRIALS:,} runs. Received: {count:,}",
            hint="fewer values per axis, or [random]\ncount = 100",
        )
    samples = _grid(study) if study.random is None else _random(study)
    base = study.available_base
    trials = [
        Trial(values, {**base, **values}, _priority(study, values, number))
        for number, values in enumerate(samples)
    ]
    if len({trial.key for trial in trials}) < len(trials):
        raise DataError("an axis has a value twice", hint="seed = [1, 2, 3]")
    return sorted(trials, key=lambda trial: trial.priority)


def values_by_priority(study: Study, axis: str) -> list[Value]:
    """Return the values of an axis, the one to drop first at the end; none for a range."""
    values = study.axes.get(axis, [])
    if isinstance(values, ValueRange):
        return []
    first = [value for value in study.budget.keep_first.get(axis, []) if value in values]
    return [*first, *(value for value in values if value not in first)]


def _priority(study: Study, values: Values, number: int) -> tuple[int, ...]:
    """Return the indices of the values; the axis that is dropped first counts most."""
    indices = (
        values_by_priority(study, axis).index(values[axis])
        for axis in study.budget.give_up
        if axis in values
    )
    return (*indices, number)


def _count(study: Study) -> int:
    """Return the number of trials, without making them."""
    if study.random is None:
        return prod(len(axis) for axis in study.axes.values() if not isinstance(axis, ValueRange))
    seeds = study.axes.get("seed", [])
    return study.random.count * (1 if isinstance(seeds, ValueRange) else max(1, len(seeds)))


def _grid(study: Study) -> Iterator[Values]:
    axes = {name: axis for name, axis in study.axes.items() if not isinstance(axis, ValueRange)}
    for chosen in itertools.product(*axes.values()):
        yield dict(zip(axes, chosen, strict=True))


def _random(study: Study) -> Iterator[Values]:
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
