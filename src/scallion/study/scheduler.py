"""Run the trials of a study, several at once and within a time; finished trials are kept."""

from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from scallion import file_versions, files, session
from scallion.errors import ArgumentError, ScallionError
from scallion.runs import RunFolder
from scallion.study.plan import NamedStudy, Study
from scallion.study.pruning import median_by_epoch
from scallion.study.results import TRIALS, TrialRecord, TrialResult, read_results
from scallion.study.samplers import Trial, make_trials
from scallion.study.study_folder import create_folder, write_state
from scallion.study.time_budget import USABLE, DroppedTrials, select_trials, total_seconds
from scallion.study.trial_times import TrialTimes, planned_epochs
from scallion.study.worker import TrialEnd, Worker
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
    report: Report = lambda _: None,
) -> Path:
    """Run all trials that are not finished yet, and return the study's folder.

    Trials run in `jobs` processes of one thread each, by default one per core. Run folders are in
    `runs/`, records of finished trials in `trials/`. `report` is called with a line per trial.
    Raises ArgumentError if even the fewest trials do not fit the time, and the error of a trial.
    """
    study = named.study
    folder = create_folder(Path(out) / named.name, named.text)
    for name in (TRIALS, "runs"):
        files.make_folder(folder / name)
    minutes = study.budget.minutes if minutes is None else minutes
    if study.available_base is not study.base:
        report(f"{study.base['data']} is not on this machine: using {study.stand_in} instead")
    scheduler = Scheduler(study, folder, minutes, report)
    scheduler.run(jobs or session.get_threads())
    dropped = scheduler.dropped.as_text(study, minutes)
    if dropped:
        report(dropped)
    write_state(folder, dropped=dropped, minutes=minutes, seconds=scheduler.elapsed)
    return folder


class Scheduler:
    """Hands the waiting trials of a study to workers, by priority, as long as time is left."""

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
        self.workers: list[Worker] = []
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

    def run(self, jobs: int) -> None:
        """Run the waiting trials on this many workers, until none is left or the time is over."""
        if self.finished:
            self.report(f"{self.finished} of {self.total} runs are already finished")
        self.workers = [Worker() for _ in range(min(jobs, len(self.queue)))]
        workers = list(self.workers)
        try:
            while self._start_trials():
                self._receive()
        finally:
            for worker in workers:
                worker.close()
        left_out = (trial.key for trial in self.queue if not self.dropped.covers(trial))
        self.dropped.trials += left_out

    def _start_trials(self) -> bool:
        """Start trials on idle workers; return whether any worker is busy."""
        for worker in self.workers:
            if worker.trial is not None:
                continue
            fitting = self._fitting_trials()
            if not fitting:
                continue
            trial = fitting[0]
            self.queue.remove(trial)
            settings = trial.run_settings(self.folder / "runs", tuple(self.study.measures))
            worker.start(trial, settings, self.study.stop, median_by_epoch(self.accuracies))
        return any(worker.trial is not None for worker in self.workers)

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
        """Handle the messages of the workers; without any before the time is over, stop them."""
        busy = {worker.connection: worker for worker in self.workers if worker.trial is not None}
        timeout = None
        if self.minutes is not None:
            timeout = max(0.0, 60 * self.minutes * _OVERTIME - self.elapsed)
        ready = wait(list(busy), timeout=timeout)
        for connection in ready:
            worker = busy[connection]  # type: ignore[index]
            match worker.receive():
                case int() as epochs:
                    worker.epochs = epochs
                case ScallionError() as error:
                    raise _named(error, worker.trial)
                case end:
                    self._finish(worker, end)
        if not ready and timeout is not None:
            self._stop()

    def _finish(self, worker: Worker, end: TrialEnd) -> None:
        """Keep a finished trial; an interrupted one interrupts the study."""
        trial, seconds = worker.trial, worker.seconds
        worker.trial = None
        if trial is None or end.status == "interrupted":
            raise KeyboardInterrupt
        record = TrialRecord(
            format_version=file_versions.STUDY_TRIAL,
            values=trial.values,
            settings=trial.settings,
            run=end.run,
            status=end.status,
            epochs=end.epochs,
            seconds=round(seconds, 2),
        )
        files.write_json(self.folder / TRIALS / f"{trial.key}.json", record)
        if end.epochs == planned_epochs(trial):
            self.times.add(trial, seconds)
        self.finished += 1
        text = end.status
        run = RunFolder(self.folder / "runs" / end.run)
        if run.history.is_file():
            accuracies = _accuracies(TrialResult(trial.values, run.read_history()))
            self.accuracies.append(accuracies)
            text = f"validation accuracy {percent(float(accuracies.max()))}"
            if end.status != "finished":
                text += f", {end.status} after {end.epochs} epochs"
        number = f"{self.finished:>{len(str(self.total))}}/{self.total}"
        label = trial_label(self.study, trial)
        self.report(f"{number}  {label}: {text}, {duration(seconds)}{self._time_left()}")

    def _stop(self) -> None:
        """Stop the running trials, because the time is over."""
        running = [worker for worker in self.workers if worker.trial is not None]
        if not self.finished and self.minutes is not None:
            known = (self._forecast(worker.trial) for worker in running if worker.trial)
            needed = max((seconds for seconds in known if seconds is not None), default=0.0)
            raise _too_short(self.minutes, max(needed, 120 * self.minutes))
        for worker in running:
            if worker.trial is not None:
                self.queue.append(worker.trial)
            worker.stop()
        self.workers = []

    def _forecast(self, trial: Trial) -> float | None:
        running = ((w.trial, w.seconds, w.epochs) for w in self.workers if w.trial is not None)
        return self.times.forecast(trial, running)

    def _busy_seconds(self) -> list[float]:
        """Return how many seconds each worker still needs for its trial."""
        return [
            max(0.0, (self._forecast(worker.trial) or 0.0) - worker.seconds)
            if worker.trial is not None
            else 0.0
            for worker in self.workers
        ]

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


def _named(error: ScallionError, trial: Trial | None) -> ScallionError:
    """Return the error of a trial with its name; constructors of subclasses may differ."""
    kind = ArgumentError if isinstance(error, ArgumentError) else type(error)
    return kind(f"{trial and trial.key}: {error.message}", hint=error.hint)
