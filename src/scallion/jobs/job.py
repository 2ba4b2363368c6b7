"""A job: one run that an executor trains, with its events, its result, and cancelling."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Literal

from scallion.errors import CancelledError
from scallion.runs import RunFolder, RunResult, Settings
from scallion.runs.events import AnyEvent, StartEvent

_log = logging.getLogger(__name__)

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
"""A cancelled job never started; one that was cancelled while it trained is done."""


class Job:
    """One run, submitted to an executor. All methods may be called from any thread.

    `settings` are None for a run that is resumed. `on_event` is called with each event, and
    `on_done` once the job has ended, from a thread of the executor. An error of `on_event` fails
    the job; an error of `on_done` is logged.
    """

    def __init__(
        self,
        settings: Settings | None,
        cancel: Callable[["Job"], None],
        on_event: Callable[["Job", AnyEvent], None] | None = None,
        on_done: Callable[["Job"], None] | None = None,
    ) -> None:
        self.settings = settings
        self._cancel = cancel
        self._on_event = on_event
        self._on_done = on_done
        self._changed = threading.Condition()
        self._status: JobStatus = "queued"
        self._events: list[AnyEvent] = []
        self._run: RunFolder | None = None
        self._result: RunResult | None = None
        self._error: BaseException | None = None

    @property
    def status(self) -> JobStatus:
        """The state of the job: queued, running, done, failed or cancelled."""
        return self._status

    @property
    def has_ended(self) -> bool:
        """True if the job is done, failed or cancelled."""
        return self._status not in ("queued", "running")

    @property
    def run(self) -> RunFolder | None:
        """The run folder, once training has started."""
        return self._run

    @property
    def error(self) -> BaseException | None:
        """What the job failed with, None for any other job."""
        return self._error

    def cancel(self) -> None:
        """Stop the job: a queued one never starts, a running one stops after its training step.

        The latter ends with a result, whose status is `interrupted`, and can be resumed. A job that
        has ended stays as it is.
        """
        self._cancel(self)

    def events(self) -> Iterator[AnyEvent]:
        """Yield all events from the first one, waiting for new ones until the job has ended."""
        position = 0
        while new := self._wait_for_events(position):
            position += len(new)
            yield from new

    def result(self, timeout: float | None = None) -> RunResult:
        """Return the result of the run, waiting for it at most `timeout` seconds.

        A run that diverged has a result with this status. Raises TimeoutError, CancelledError for a
        job that never started, JobError if its process has died, and any error of the run.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.has_ended, timeout):
                raise TimeoutError(f"the job has not ended within {timeout:g} seconds")
        if self._error is not None:
            raise self._error
        if self._result is None:
            raise CancelledError("the job was cancelled before it started")
        return self._result

    def mark_running(self) -> None:
        """Note that the job has started. For executors."""
        self._change("running")

    def add_event(self, event: AnyEvent) -> None:
        """Add an event of the run. For executors."""
        with self._changed:
            if isinstance(event, StartEvent):
                self._run = RunFolder.open(event.run)
            self._events.append(event)
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event(self, event)

    def finish(self, result: RunResult) -> None:
        """End the job with a result. For executors."""
        self._result = result
        self._change("done")

    def fail(self, error: BaseException) -> None:
        """End the job with an error. For executors."""
        self._error = error
        self._change("cancelled" if isinstance(error, CancelledError) else "failed")

    def mark_cancelled(self) -> None:
        """End a job that never started. For executors."""
        self._change("cancelled")

    def _wait_for_events(self, position: int) -> list[AnyEvent]:
        """Return the events from this position on, once there are any or the job has ended."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > position or self.has_ended)
            return self._events[position:]

    def _change(self, status: JobStatus) -> None:
        with self._changed:
            self._status = status
            self._changed.notify_all()
        if self.has_ended and self._on_done is not None:
            try:
                self._on_done(self)
            except Exception:  # the job has ended all the same, and others must go on
                _log.exception("on_done raised an error")
