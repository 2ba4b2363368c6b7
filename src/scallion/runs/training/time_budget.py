"""Training within a time budget: as many steps as fit, revised while training."""

import sys
from dataclasses import dataclass, replace
from time import perf_counter

from scallion.callbacks.callback import Logs
from scallion.runs.training.callbacks.step_schedule import StepSchedule
from scallion.runs.training.forecast import MEASURED_SECONDS, Forecast, budget_seconds
from scallion.runs.training.preparation import PreparedRun

_SPARE = 0.005  # of a budget, in case the end takes longer
_LEAST_EPOCH = 0.01  # of a budget; a shorter last epoch is left out
_LEAST_REVISION = 0.01  # of the steps; smaller changes of the plan are not made


def fit_to_time(
    prepared: PreparedRun, expected: Forecast, minutes: float, started: float
) -> tuple[PreparedRun, Forecast, "TimeBudget"]:
    """Return the run with as many steps as fit into `minutes`, its forecast, and its schedule.

    The time counts from `started`, a value of `time.perf_counter()`. The learning-rate schedule is
    the one for so many steps, and the returned schedule revises both while training. Raises
    ArgumentError for invalid minutes.
    """
    budget = budget_seconds(minutes)
    between = expected.epoch - expected.step * prepared.steps_per_epoch
    end = started + (1 - _SPARE) * budget - expected.ending
    pace = _Pace(prepared.steps_per_epoch, expected.step, between, _LEAST_EPOCH * budget)
    steps = prepared.frozen_steps + pace.steps_within(end - perf_counter())
    patience = 0 if prepared.settings.patience is None else prepared.patience
    resolved = replace(prepared, patience=patience).for_steps(steps)
    missing = resolved.epochs * prepared.steps_per_epoch - steps
    expected = replace(expected, epochs=resolved.epochs, missing_steps=missing)
    return resolved, expected, TimeBudget(resolved, pace, end)


@dataclass(slots=True)
class _Pace:
    """Seconds per step, and between the last step of an epoch and the first of the next.

    A last epoch of fewer than `least` seconds is left out.
    """

    steps_per_epoch: int
    step: float
    between: float
    least: float

    def steps_within(self, seconds: float, done: int = 0) -> int:
        """Return the number of steps in total, if those after the `done` ones fill the `seconds`.

        The steps are whole epochs and a partial last one, and at least one more than `done`.
        """
        seconds += done * self.step + done // self.steps_per_epoch * self.between
        epoch = self.steps_per_epoch * self.step + self.between
        epochs = max(0, int(seconds / epoch))
        rest = seconds - epochs * epoch - self.between
        more = min(int(rest / self.step), self.steps_per_epoch) if rest >= self.least else 0
        return max(done + 1, epochs * self.steps_per_epoch + more)


class TimeBudget(StepSchedule):
    """Stops training on time: revises the step plan by the measured pace.

    It does so after an eighth of the steps, then whenever half of the remaining steps are done, and
    when the time is over. The revised plan is written to `config.json`; given as the setting
    `steps`, it repeats the run to the bit.
    """

    def __init__(self, prepared: PreparedRun, pace: _Pace, end: float) -> None:
        super().__init__(prepared)
        self.end = end
        self.pace = pace
        self._has_schedule = prepared.recipe.schedule is not None
        self._next_revision = self.steps.count // 8
        self._step_started: float | None = None
        self._steps_ended: float | None = None  # of the last epoch
        self._seconds, self._counted = 0.0, 0  # of steps since the last revision

    @property
    def max_epochs(self) -> int:
        """The number of epochs that the plan may grow to: any."""
        return sys.maxsize

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Measure the time between two epochs."""
        if self._steps_ended is not None:
            self.pace.between = perf_counter() - self._steps_ended

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Revise the plan if it is time to, then follow it."""
        now = self._count_step()
        is_late = now + self.pace.between >= self.end
        if (self._counted and self.done >= self._next_revision) or is_late:
            self._revise(now)
        super().on_train_batch_begin(batch, logs)
        self._step_started = now

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """End the time of the steps."""
        self._steps_ended, self._step_started = self._count_step(), None

    def _count_step(self) -> float:
        """Count the step that has just ended, if there is one, and return the time."""
        now = perf_counter()
        if self._step_started is not None:
            self._seconds += now - self._step_started
            self._counted += 1
        return now

    def _revise(self, now: float) -> None:
        done = self.done
        if self._seconds >= MEASURED_SECONDS:
            self.pace.step = self._seconds / self._counted
            self._seconds, self._counted = 0.0, 0
        count = self.pace.steps_within(self.end - now, done)
        if abs(count - self.steps.count) > _LEAST_REVISION * count:
            self.steps = self.steps.revise(done if self._has_schedule else 0, count)
        self._next_revision = done + max(1, (self.steps.count - done) // 2)
