"""The callback that reports a training as events, to `events.jsonl` and to `on_event`."""

from collections.abc import Callable, Sequence
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np

from scallion.callbacks import ProgbarLogger
from scallion.callbacks.callback import Logs
from scallion.runs.events import (
    AnyEvent,
    BestEvent,
    EpochEvent,
    EvaluateEvent,
    EventLog,
    FeaturesEvent,
    OnEvent,
    StepEvent,
)
from scallion.runs.training.callbacks.recorder import Recorder

_STEP_SECONDS = 0.25  # between two step events


class EventReporter(ProgbarLogger):
    """Reports steps, epochs and best epochs; runs after all other callbacks.

    It is a ProgbarLogger, so that the training loop computes the means of a batch only when a step
    event is due. `first_events` makes the first events from the number of completed epochs.
    """

    def __init__(
        self,
        recorder: Recorder,
        log: EventLog,
        on_event: OnEvent | None,
        first_events: Callable[[int], Sequence[AnyEvent]],
    ) -> None:
        super().__init__()
        self._recorder = recorder
        self._first_events = first_events
        self._log = log
        self._on_event = on_event
        self._epoch = 0
        self._started = self._next_step_event = self._next_features_event = 0.0
        self._steps_before = 0

    def report(self, event: AnyEvent) -> None:
        """Write an event to the file, then call `on_event`. Raises FileError."""
        self._log.write(event)
        if self._on_event is not None:
            self._on_event(event)

    def report_start(self, completed_epochs: int) -> None:
        """Report that training starts, after so many epochs that were completed before."""
        for event in self._first_events(completed_epochs):
            self.report(event)

    def report_evaluation(self, split: str) -> None:
        """Report that the best model is being evaluated on a split."""
        self.report(EvaluateEvent(split=split))

    def report_features(self, done: int, total: int) -> None:
        """Report that the features of so many images are computed, if it is time to."""
        now = perf_counter()
        if now >= self._next_features_event or done == total:
            self._next_features_event = now + _STEP_SECONDS
            self.report(FeaturesEvent(done=done, total=total))

    def update(self, hook: str, batch: int, read_logs: Callable[[], Logs]) -> None:
        """Report a training step, if it is time to."""
        now = perf_counter()
        if hook != "on_train_batch_end" or now < self._next_step_event:
            return
        self._next_step_event = now + _STEP_SECONDS
        values = {name: as_json_value(value) for name, value in read_logs().items()}
        schedule = self._recorder.schedule
        self.report(
            StepEvent(
                step=schedule.done,
                steps=schedule.steps.count,
                epoch=self._epoch + 1,
                epochs=schedule.epochs,
                loss=values.pop("loss", None),  # type: ignore[arg-type]  # one value
                metrics=values,
                learning_rate=float(self.model.optimizer.learning_rate),
                seconds_left=self._seconds_left(now),
            )
        )

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start the clock."""
        self._started = perf_counter()
        self._next_step_event = self._started + _STEP_SECONDS
        self._steps_before = self._recorder.schedule.done

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the epoch."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Report the epoch, and that it is the best so far."""
        recorder, schedule = self._recorder, self._recorder.schedule
        values = {name: as_json_value(value) for name, value in recorder.rows[-1].items()}
        self.report(
            EpochEvent(
                step=schedule.done,
                steps=schedule.steps.count,
                epoch=epoch + 1,
                epochs=schedule.epochs,
                values=values,
                is_best=recorder.is_best,
                seconds_left=self._seconds_left(perf_counter()),
            )
        )
        if recorder.is_best:
            self.report(
                BestEvent(
                    epoch=epoch + 1,
                    val_accuracy=values.get("val_accuracy"),  # type: ignore[arg-type]  # one value
                    val_loss=values.get("val_loss"),  # type: ignore[arg-type]  # one value
                )
            )

    def _seconds_left(self, now: float) -> float | None:
        schedule = self._recorder.schedule
        done = schedule.done - self._steps_before
        if not done:
            return None
        seconds = (now - self._started) / done * (schedule.steps.count - schedule.done)
        return round(max(0.0, seconds), 3)

    def break_line(self) -> None:
        """Do nothing: no line is ever unfinished."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Do nothing: the base class would print a line."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Do nothing: the base class would print a line."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Do nothing: the base class would print a line."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Do nothing: the base class would print a line."""


def as_json_value(value: Any) -> "float | list[float | None] | None":
    """Return a logged value as JSON can hold it: None for NaN and infinity, lists for arrays.

    >>> as_json_value(float("nan")), as_json_value(np.array([0.5, 1.0]))
    (None, [0.5, 1.0])
    """
    if np.ndim(value):
        return [as_json_value(part) for part in np.ravel(value)]  # type: ignore[misc]  # flat
    return float(value) if isfinite(value) else None
