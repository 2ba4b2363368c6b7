"""Trainings that the page has started: each in a process that outlives the server."""

import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from scallion import session
from scallion.errors import MissingFileError, ScallionError
from scallion.jobs import Job, LocalExecutor
from scallion.runs import Settings
from scallion.runs.events import AnyEvent, FeaturesEvent, LoadEvent
from scallion.runs.folder.run_folder import RunFolder

_MAX_REMEMBERED = 100  # jobs that have ended


class Trainings:
    """Starts, resumes and lists trainings, one at a time with all threads; others wait.

    A training goes on when the server ends, however it ends. It is found again by its run folder;
    only trainings that wait have none, and are lost.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._executor: LocalExecutor | None = None
        self._numbers = itertools.count(1)
        self._jobs: dict[str, Job] = {}
        self._titles: dict[str, str] = {}
        self._progress: dict[int, dict[str, int]] = {}
        self._lock = threading.Lock()

    def start(self, settings: Settings, minutes: float | None) -> str:
        """Start a training, and return the id of its job."""
        settings = replace(settings, out=str(self._home))
        job = self._ready().submit(settings, minutes=minutes, on_event=self._note)
        return self._remember(job, str(settings.data))

    def resume(self, run: RunFolder) -> str:
        """Resume a stopped run, and return the id of its job."""
        job = self._ready().resume(run.path, on_event=self._note)
        return self._remember(job, run.path.name)

    def cancel(self, job: str) -> None:
        """Stop a training, or take it from the queue. Raises MissingFileError."""
        self._find(job).cancel()

    def job(self, job: str) -> dict[str, Any]:
        """Return the state of a job. Raises MissingFileError."""
        found = self._find(job)
        error = found.error
        known = isinstance(error, ScallionError)
        return {
            "id": job,
            "title": self._titles[job],
            "status": found.status,
            "run": None if found.run is None else found.run.path.name,
            "progress": self._progress.get(id(found)),
            "error": None if error is None else error.message if known else str(error),
            "hint": error.hint if known else None,
        }

    def jobs(self) -> list[dict[str, Any]]:
        """Return the state of all jobs of this server, the latest first."""
        return [self.job(job) for job in reversed(list(self._jobs))]

    def close(self) -> None:
        """Forget the trainings that wait; the one that runs goes on."""
        for job in list(self._jobs.values()):
            if job.status == "queued":
                job.cancel()

    def _ready(self) -> LocalExecutor:
        with self._lock:
            if self._executor is None:
                threads = session.get_threads()
                self._executor = LocalExecutor(workers=1, threads=threads, detached=True)
            return self._executor

    def _remember(self, job: Job, title: str) -> str:
        with self._lock:
            name = f"job-{next(self._numbers)}"
            self._jobs[name], self._titles[name] = job, title
            ended = [known for known, one in self._jobs.items() if one.has_ended]
            for old in ended[: max(0, len(self._jobs) - _MAX_REMEMBERED)]:
                self._progress.pop(id(self._jobs.pop(old)), None)
                self._titles.pop(old)
            return name

    def _find(self, job: str) -> Job:
        found = self._jobs.get(job)
        if found is None:
            raise MissingFileError(
                f"there is no job {job!r:.50}", hint="the server was started again; see the runs"
            )
        return found

    def _note(self, job: Job, event: AnyEvent) -> None:
        """Keep how much has been read, which no file tells. Called by a thread of the executor."""
        if isinstance(event, LoadEvent | FeaturesEvent):
            self._progress[id(job)] = {"done": event.done, "total": event.total}
