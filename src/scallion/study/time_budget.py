"""What fits into the time: whole seeds go first, then values of other axes, never epochs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scallion.study.plan import Study, Value
from scallion.study.samplers import Trial, values_by_priority

SPARE = 0.97  # of the time may be planned with; machines are not clocks
Seconds = Callable[[Trial], float]


@dataclass(slots=True)
class DroppedTrials:
    """What was given up for the time: values by axis, and single cells."""

    up: dict[str, list[Value]] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)

    def covers(self, cell: Trial) -> bool:
        """Whether a value of this cell was given up as a whole."""
        return any(cell.values.get(axis) in values for axis, values in self.up.items())

    def words(self, study: Study, minutes: float | None) -> str:
        """What is missing and why; empty where nothing is."""
        parts = [
            f"{axis} {', '.join(study.label(axis, value) for value in values)}"
            for axis, values in self.up.items()
        ]
        if self.cells:
            runs = "1 run" if len(self.cells) == 1 else f"{len(self.cells)} runs"
            parts.append(f"{runs} that would not have ended in time")
        if not parts:
            return ""
        limit = f"{minutes:g} minutes" if minutes is not None else "the time"
        return f"Given up to stay within {limit}: {'; '.join(parts)}. No run has fewer epochs."


def select_trials(
    study: Study, waiting: Sequence[Trial], seconds: Seconds, left: float, busy: Sequence[float]
) -> tuple[list[Trial], dict[str, list[Value]]]:
    """The waiting cells that fit into `left` seconds, and the values given up for that.

    `busy` is how long each worker is still at its cell. Along each axis of `give_up` in turn,
    values go from the last until the rest fits; the first always stays.
    """
    kept = list(waiting)
    given: dict[str, list[Value]] = {}
    for axis in study.budget.give_up:
        for value in reversed(values_by_priority(study, axis)[1:]):
            if length(kept, seconds, busy) <= left * SPARE:
                return kept, given
            fewer = [cell for cell in kept if cell.values.get(axis) != value]
            if len(fewer) < len(kept):
                kept = fewer
                given.setdefault(axis, []).insert(0, value)
    return kept, given


def length(cells: Sequence[Trial], seconds: Seconds, busy: Sequence[float]) -> float:
    """How long these cells take, each handed to the worker that is free first."""
    ends = list(busy)
    for cell in cells:
        first = ends.index(min(ends))
        ends[first] += seconds(cell)
    return max(ends)
