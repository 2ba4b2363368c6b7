"""Drop trials until the rest fit the time: last seeds first, then other values, never epochs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scallion.study.plan import Study, Value
from scallion.study.samplers import Trial, values_by_priority
from scallion.text_format import plural

USABLE = 0.97  # fraction of the time that is planned, since forecasts are not exact
Seconds = Callable[[Trial], float]


@dataclass(slots=True)
class DroppedTrials:
    """The trials dropped to save time: whole values by axis, and keys of single trials."""

    values: dict[str, list[Value]] = field(default_factory=dict)
    trials: list[str] = field(default_factory=list)

    def covers(self, trial: Trial) -> bool:
        """Return whether a value of this trial was dropped as a whole."""
        return any(trial.values.get(axis) in values for axis, values in self.values.items())

    def as_text(self, study: Study, minutes: float | None) -> str:
        """Return a sentence on what was dropped and why; an empty string if nothing was."""
        parts = [
            f"{axis} {', '.join(study.label(axis, value) for value in values)}"
            for axis, values in self.values.items()
        ]
        if self.trials:
            parts.append(f"{plural(len(self.trials), 'run')} that would not have ended in time")
        if not parts:
            return ""
        limit = f"{minutes:g} minutes" if minutes is not None else "the time"
        return f"Dropped to stay within {limit}: {'; '.join(parts)}. No run has fewer epochs."


def select_trials(
    study: Study, waiting: Sequence[Trial], seconds: Seconds, left: float, busy: Sequence[float]
) -> tuple[list[Trial], dict[str, list[Value]]]:
    """Return the waiting trials that fit into `left` seconds, and the values dropped for that.

    `busy` is how many seconds each worker still needs for its trial. Values are dropped along each
    axis of `give_up` in turn, from the last one, until the rest fits; the first always stays.
    """
    kept = list(waiting)
    dropped: dict[str, list[Value]] = {}
    for axis in study.budget.give_up:
        for value in reversed(values_by_priority(study, axis)[1:]):
            if total_seconds(kept, seconds, busy) <= left * USABLE:
                return kept, dropped
            fewer = [trial for trial in kept if trial.values.get(axis) != value]
            if len(fewer) < len(kept):
                kept = fewer
                dropped.setdefault(axis, []).insert(0, value)
    return kept, dropped


def total_seconds(trials: Sequence[Trial], seconds: Seconds, busy: Sequence[float]) -> float:
    """Return how long the trials take if each goes to the worker that is free first."""
    ends = list(busy)
    for trial in trials:
        ends[ends.index(min(ends))] += seconds(trial)
    return max(ends)
