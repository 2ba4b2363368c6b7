"""Forecast the time of a trial from finished and running trials of the same kind."""

from collections.abc import Hashable, Iterable
from statistics import fmean

from scallion.applications import model_registry
from scallion.study.plan import Study
from scallion.study.samplers import Trial

_LATEST = 6  # trials that a forecast is the mean of


class TrialTimes:
    """Collects the seconds of finished trials by kind.

    Trials are of one kind if they differ only in the seed, the learning rate and the axes that may
    be dropped: these hardly change how long a trial takes.
    """

    def __init__(self, study: Study) -> None:
        self._ignored = {*study.budget.give_up, "seed", "learning_rate"}
        self._seconds: dict[Hashable, list[float]] = {}

    def add(self, trial: Trial, seconds: float) -> None:
        """Add a finished trial that trained all its epochs."""
        self._seconds.setdefault(self._kind(trial), []).append(seconds)

    def forecast(
        self, trial: Trial, running: Iterable[tuple[Trial, float, int]] = ()
    ) -> float | None:
        """Return the expected seconds of a trial, None while nothing is known.

        `running` are trials with their seconds and completed epochs so far.
        """
        kind = self._kind(trial)
        finished = self._seconds.get(kind, [])
        started = [
            seconds / epochs * planned_epochs(trial)
            for other, seconds, epochs in running
            if epochs and self._kind(other) == kind
        ]
        others = [seconds for known in self._seconds.values() for seconds in known]
        found = finished or started or others
        return fmean(found[-_LATEST:]) if found else None

    def _kind(self, trial: Trial) -> Hashable:
        items = ((name, str(value)) for name, value in trial.values.items())
        return tuple(sorted(item for item in items if item[0] not in self._ignored))


def planned_epochs(trial: Trial) -> int:
    """Return how many epochs a trial trains unless it is stopped."""
    recipe = model_registry.find(trial.settings.get("model", "quick")).recipe
    epochs = trial.settings.get("epochs")
    return (recipe.epochs if epochs is None else epochs) + recipe.starts_frozen
