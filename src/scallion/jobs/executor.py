"""The interface of executors: in local processes, on a cluster, on other devices."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from scallion.files import StrPath
from scallion.jobs.job import Job
from scallion.runs import RunOptions, Settings
from scallion.runs.events import AnyEvent

OnJobEvent = Callable[[Job, AnyEvent], None]
OnJobDone = Callable[[Job], None]


class Executor(Protocol):
    """Trains runs somewhere: takes settings, and gives events and a result.

    Entered as a context, it waits for its jobs at the end, and cancels them after an error.
    """

    def submit(
        self,
        settings: Settings,
        *,
        minutes: float | None = None,
        options: RunOptions = ...,
        on_event: OnJobEvent | None = None,
        on_done: OnJobDone | None = None,
    ) -> Job:
        """Queue a new run, as `runs.run` trains it, and return its job.

        Raises ArgumentError for data in memory and for callbacks, which stay in this process.
        """
        ...

    def resume(
        self,
        path: StrPath,
        *,
        options: RunOptions = ...,
        on_event: OnJobEvent | None = None,
        on_done: OnJobDone | None = None,
    ) -> Job:
        """Queue a stopped run, as `runs.resume` continues it, and return its job."""
        ...

    def shutdown(self, *, cancel: bool = False) -> None:
        """Take no more jobs, and wait for those submitted; with `cancel`, stop them first."""
        ...

    def __enter__(self) -> "Executor": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
