"""Run the trials of a study, several at once and within a time; finished trials are kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from scallion import file_versions, files, session
from scallion.errors import ArgumentError, CancelledError, JobError, ScallionError
from scallion.jobs import Job, LocalExecutor
from scallion.runs import RunOptions, RunResult
from scallion.runs.events import AnyEvent, EpochEvent, WarningEvent
from scallion.runs.training.preparation import check_settings
from scallion.study.plan import NamedStudy, Study
from scallion.study.pruning import accuracy_floor, median_by_epoch
from scallion.study.results import TRIALS, TrialRecord, TrialResult, check_measures, read_results
from scallion.study.samplers import Trial, make_trials
from scallion.study.study_folder import create_folder, write_state
from scallion.study.time_budget import USABLE, DroppedTrials, select_trials, total_seconds
from scallion.study.trial_times import TrialTimes, planned_epochs
from scallion.text_format import duration, percent

_OVERTIME = 1.03  # fraction of the time, after which running trials are stopped
_FAR_TOO_LONG = 1.5  # fraction of the time; a first forecast is never that far off
Report = Callable[[str], None]


def run(
    named: NamedStudy,
    out: files.StrPath = "studies",
    *,
    minutes: float | None = None,
    jobs: int | None = None,
    engine: str = "auto",
    report: Report = lambda _: None,
) -> Path:
    """Run all trials that are not finished yet, and return the study's folder.

    Trials run in `jobs` processes of one thread each, by default one per core, on this `engine`
    unless the study names another. Run folders are in
    `runs/`, records of finished trials in `trials/`. `report` is called with a line per trial.
    Raises ArgumentError if even the fewest trials do not fit the time, and the error of a trial.
    Settings and names that cannot be right are found before the first trial starts.
    """
    study = named.study
    check_study(study)
    folder = create_folder(Path(out) / named.name, named.text)
    for name in (TRIALS, "runs"):
        files.make_folder(folder / name)
    minutes = study.budget.minutes if minutes is None else minutes
    if study.available_base is not study.base:
        report(f"{study.base['data']} is not on this machine: using {study.stand_in} instead")
    scheduler = Scheduler(study, folder, minutes, report)
    scheduler.run(jobs or session.get_threads(), engine)
    dropped = scheduler.dropped.as_text(study, minutes)
    if dropped:
        report(dropped)
    write_state(folder, dropped=dropped, minutes=minutes, seconds=scheduler.elapsed)
    return folder


def check_study(study: Study) -> None:
    """Raise for names, values and measures of a study that cannot be right; trains nothing.

    Raises UnknownNameError, ArgumentError, DataError.
    """
    check_measures(study)
    for trial in make_trials(study):
        settings = trial.run_settings("runs", tuple(study.measures))
        try:
            check_settings(settings)
        except ScallionError as error:
            raise _named(error, trial) from error


@dataclass(slots=True, eq=False)
class _RunningTrial:
    """A trial in an executor, with its number of completed epochs."""

    trial: Trial
    epochs: int = 0
    started: float = field(default_factory=monotonic)

    @property
    def seconds(self) -> float:
        """The seconds since the trial started."""
        return monotonic() - self.started


class Scheduler:
    """Submits the waiting trials of a study to an executor, by priority, while time is left.

    At most `jobs` trials are submitted at a time, so that each is chosen with what is known then.
    """

    def __init__(self, study: Study, folder: Path, minutes: float | None, report: Report) -> None:
        self.study = study
        self.folder = folder
        self.minutes = minutes
        self.report = report
        self.dropped = DroppedTrials()
        finished = read_results(folder)
        trials = make_trials(study)
        self.queue = [trial for trial in trials if trial.key not in finished]
        self.total = len(trials)
        self.finished = len(trials) - len(self.queue)
        self.running: list[_RunningTrial] = []
        self._messages: SimpleQueue[tuple[_RunningTrial, AnyEvent | Job]] = SimpleQueue()
        self._warned: set[str] = set()
        self._jobs = 1
        self.times = TrialTimes(study)
        self.accuracies = [_accuracies(result) for result in finished.values() if result.history]
        self._began = monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until the time is over."""
        return float("inf") if self.minutes is None else 60 * self.minutes - self.elapsed

    def run(self, jobs: int, engine: str = "auto") -> None:
        """Run the waiting trials, `jobs` at a time, until none is left or the time is over."""
        if self.finished:
            self.report(f"{self.finished} of {self.total} runs are already finished")
        self._jobs = max(1, min(jobs, len(self.queue)))
        executor = LocalExecutor(self._jobs, engine=engine)
        try:
            while self._start_trials(executor):
                self._receive()
        finally:
            executor.kill()
        left_out = (trial.key for trial in self.queue if not self.dropped.covers(trial))
        self.dropped.trials += left_out

    def _start_trials(self, executor: LocalExecutor) -> bool:
        """Start as many trials as fit; return whether any is running."""
        while len(self.running) < self._jobs and (fitting := self._fitting_trials()):
            trial = fitting[0]
            self.queue.remove(trial)
            running = _RunningTrial(trial)
            self.running.append(running)
            executor.submit(
                trial.run_settings(self.folder / "runs", tuple(self.study.measures)),
                options=RunOptions(
                    evaluate_test=False,
                    diagnose=False,
                    forecast=False,
                    accuracy_floor=accuracy_floor(
                        self.study.stop, median_by_epoch(self.accuracies)
                    ),
                ),
                on_event=lambda _, event, running=running: self._messages.put((running, event)),
                on_done=lambda job, running=running: self._messages.put((running, job)),
            )
        return bool(self.running)

    def _fitting_trials(self) -> list[Trial]:
        """Return the waiting trials that fit into the time left, as far as is known now.

        The others stay in the queue: the next trials may be faster than expected.
        """
        if self.minutes is None:
            return self.queue
        forecasts = {trial.key: self._forecast(trial) for trial in self.queue}
        if any(seconds is None for seconds in forecasts.values()):
            return self.queue

        def seconds(trial: Trial) -> float:
            return forecasts[trial.key] or 0.0

        busy = self._busy_seconds()
        kept, self.dropped.values = select_trials(self.study, self.queue, seconds, self.left, busy)
        if not self.finished and self.dropped.values:
            needed = self.elapsed + total_seconds(kept, seconds, busy)
            if needed > _FAR_TOO_LONG * 60 * self.minutes:
                raise _too_short(self.minutes, needed)
        return [trial for trial in kept if seconds(trial) <= self.left * USABLE]

    def _receive(self) -> None:
        """Handle a message of the executor; without any before the time is over, stop."""
        timeout = None
        if self.minutes is not None:
            timeout = max(0.0, 60 * self.minutes * _OVERTIME - self.elapsed)
        try:
            running, message = self._messages.get(timeout=timeout)
        except Empty:
            self._stop()
            return
        match message:
            case EpochEvent():
                running.epochs = message.epoch
            case WarningEvent():
                self._warn(message.message)
            case Job():
                self._finish(running, self._result(running, message))
            case _:
                pass

    def _result(self, running: _RunningTrial, job: Job) -> RunResult:
        """Return the result of a trial. Raises KeyboardInterrupt if it was interrupted."""
        try:
            result = job.result()
        except CancelledError:
            raise KeyboardInterrupt from None
        except ScallionError as error:
            raise _named(error, running.trial) from error
        if result.status == "interrupted":
            raise KeyboardInterrupt
        return result

    def _warn(self, message: str) -> None:
        """Report a warning of a worker, once."""
        if message not in self._warned:
            self._warned.add(message)
            self.report(f"warning: {message}")

    def _finish(self, running: _RunningTrial, result: RunResult) -> None:
        """Keep a finished trial."""
        trial, seconds = running.trial, running.seconds
        self.running.remove(running)
        record = TrialRecord(
            format_version=file_versions.STUDY_TRIAL,
            values=trial.values,
            settings=trial.settings,
            run=result.run.path.name,
            status=result.status,
            epochs=result.epochs,
            seconds=round(seconds, 2),
        )
        files.write_json(self.folder / TRIALS / f"{trial.key}.json", record)
        if result.epochs == planned_epochs(trial):
            self.times.add(trial, seconds)
        self.finished += 1
        text = str(result.status)
        if result.run.history.is_file():
            accuracies = _accuracies(TrialResult(trial.values, result.run.read_history()))
            self.accuracies.append(accuracies)
            text = f"validation accuracy {percent(float(accuracies.max()))}"
            if result.status != "finished":
                text += f", {result.status} after {result.epochs} epochs"
        number = f"{self.finished:>{len(str(self.total))}}/{self.total}"
        label = trial_label(self.study, trial)
        self.report(f"{number}  {label}: {text}, {duration(seconds)}{self._time_left()}")

    def _stop(self) -> None:
        """Give up the running trials, because the time is over; `run` kills their processes."""
        if not self.finished and self.minutes is not None:
            known = (self._forecast(running.trial) for running in self.running)
            needed = max((seconds for seconds in known if seconds is not None), default=0.0)
            raise _too_short(self.minutes, max(needed, 120 * self.minutes))
        self.queue += [running.trial for running in self.running]
        self.running = []
        self._jobs = 0

    def _forecast(self, trial: Trial) -> float | None:
        running = ((one.trial, one.seconds, one.epochs) for one in self.running)
        return self.times.forecast(trial, running)

    def _busy_seconds(self) -> list[float]:
        """Return how many seconds each worker still needs for its trial."""
        needed = [
            max(0.0, (self._forecast(running.trial) or 0.0) - running.seconds)
            for running in self.running
        ]
        return [*needed, *[0.0] * (self._jobs - len(needed))]

    def _time_left(self) -> str:
        forecasts = {trial.key: self._forecast(trial) for trial in self.queue}
        if not forecasts or None in forecasts.values():
            return ""
        left = total_seconds(
            self.queue, lambda trial: forecasts[trial.key] or 0.0, self._busy_seconds()
        )
        return f"; about {duration(left)} left"


def trial_label(study: Study, trial: Trial) -> str:
    """Return a trial's values as text, such as `Fashion-MNIST, dropout 0.2, seed 1`."""
    return ", ".join(
        study.label(axis, value) if isinstance(value, str) else f"{axis} {study.label(axis, value)}"
        for axis, value in trial.values.items()
    )


def _accuracies(result: TrialResult) -> NDArray[np.float64]:
    return result.column("val_accuracy")


def _too_short(minutes: float, needed: float) -> ArgumentError:
    return ArgumentError(
        f"the fewest runs that answer anything take about {duration(needed)} or more on this "
        f"machine. Received: {minutes:g} minutes",
        hint=f"--minutes {int(needed / 60) + 1}",
    )


def _named(error: ScallionError, trial: Trial) -> ScallionError:
    """Return the error of a trial with its name; constructors of subclasses may differ."""
    if isinstance(error, JobError):
        hint = "is the memory full? Try --jobs 1; finished runs are kept"
        return JobError(f"{trial.key}: {error.message}", hint=hint)
    kind = ArgumentError if isinstance(error, ArgumentError) else type(error)
    return kind(f"{trial.key}: {error.message}", hint=error.hint)
