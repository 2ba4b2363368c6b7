"""Runs the cells of a study, several at once, and stops in time. What is done stays done."""

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

import numpy as np

from scallion import files, session
from scallion.errors import ArgumentError, EngineError, ScallionError
from scallion.models import model_registry
from scallion.runs import RunFolder
from scallion.study.plan import NamedStudy, Study
from scallion.study.results import TrialRecord, read_results
from scallion.study.samplers import Trial, make_trials
from scallion.study.time_budget import SPARE, DroppedTrials, length, select_trials
from scallion.study.worker import median_by_epoch, work
from scallion.text_format import duration, percent

LATE = 1.03  # of the time, when what still runs is stopped
HOPELESS = 1.5  # times the time that is there: more than a first guess can be wrong by
Tell = Callable[[str], None]


@dataclass(slots=True)
class Worker:
    """A process, and the cell that it is at."""

    process: Any
    connection: Connection
    cell: Trial | None = None
    started: float = 0.0
    epochs: int = 0


@dataclass(slots=True)
class Course:
    """A study under way. `known` are seconds a cell, by what kind of cell it was."""

    study: Study
    folder: Path
    tell: Tell
    minutes: float | None
    queue: list[Trial]
    total: int
    began: float = field(default_factory=monotonic)
    known: dict[tuple[Any, ...], list[float]] = field(default_factory=dict)
    given: DroppedTrials = field(default_factory=DroppedTrials)
    workers: list[Worker] = field(default_factory=list)
    histories: list[Any] = field(default_factory=list)
    finished: int = 0

    @property
    def left(self) -> float:
        """Seconds until the time is over."""
        return float("inf") if self.minutes is None else 60 * self.minutes - self.elapsed

    @property
    def elapsed(self) -> float:
        return monotonic() - self.began

    def seconds(self, cell: Trial) -> float | None:
        """How long a cell will take: as others of its kind did, else as any did."""
        own = self.known.get(_kind(self.study, cell))
        at_work = [
            (monotonic() - worker.started) / worker.epochs * _epochs(cell)
            for worker in self.workers
            if worker.cell is not None
            and worker.epochs
            and _kind(self.study, worker.cell) == _kind(self.study, cell)
        ]
        everyone = [value for values in self.known.values() for value in values]
        found = own or at_work or everyone
        return fmean(found[-6:]) if found else None

    def busy(self) -> list[float]:
        """How long each worker is still at its cell."""
        return [
            max(0.0, (self.seconds(worker.cell) or 0.0) - (monotonic() - worker.started))
            if worker.cell is not None
            else 0.0
            for worker in self.workers
        ]


def run(
    named_study: NamedStudy,
    out: files.StrPath = "studies",
    *,
    minutes: float | None = None,
    jobs: int | None = None,
    tell: Tell = lambda _: None,
) -> Path:
    """Run all cells that are not done yet; returns the study's folder.

    Cells run in processes of one thread each, `jobs` at a time, else one a core. Every run folder
    stays in `runs/`, a finished cell in `cells/`. Raises ArgumentError where even the fewest cells
    do not fit the time, and whatever a cell's settings raise.
    """
    study = named_study.study
    folder = files.make_folder(Path(out) / named_study.name)
    for part in ("cells", "runs"):
        files.make_folder(folder / part)
    files.write_bytes(folder / "study.toml", named_study.text.encode())
    done = read_results(folder)
    todo = make_trials(study)
    waiting = [cell for cell in todo if cell.key not in done]
    minutes = study.budget.minutes if minutes is None else minutes
    course = Course(study, folder, tell, minutes, waiting, len(todo))
    course.finished = len(todo) - len(waiting)
    course.histories = [
        np.asarray(result.history["val_accuracy"]) for result in done.values() if result.history
    ]
    if study.settled is not study.base:
        tell(f"{study.base['data']} is not on this machine: {study.stand_in} stands in")
    if course.finished:
        tell(f"{course.finished} of {len(todo)} runs are done already")
    count = min(jobs or session.get_threads(), len(waiting))
    if count:
        _work(course, count)
    course.given.cells += [cell.key for cell in course.queue if not course.given.covers(cell)]
    words = course.given.words(study, minutes)
    if words:
        tell(words)
    state = {"given_up": words, "minutes": minutes, "seconds": round(course.elapsed, 1)}
    files.write_json(folder / "state.json", state)
    return folder


def _work(course: Course, count: int) -> None:
    context = multiprocessing.get_context("spawn")
    for _ in range(count):
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        course.workers.append(Worker(process, ours))
    workers = course.workers
    try:
        while _hand_out(course):
            _listen(course)
    finally:
        for worker in workers:
            worker.connection.close()
            if worker.cell is not None:
                worker.process.terminate()
            worker.process.join(5)


def _hand_out(course: Course) -> bool:
    """Give cells to idle workers; False when nobody has anything to do any more."""
    for worker in course.workers:
        if worker.cell is not None:
            continue
        fitting_cells = _fit(course)
        if not fitting_cells:
            continue
        cell = fitting_cells[0]
        course.queue.remove(cell)
        settings = cell.as_settings(course.folder / "runs", tuple(course.study.measures))
        worker.connection.send((settings, course.study.stop, median_by_epoch(course.histories)))
        worker.cell, worker.started, worker.epochs = cell, monotonic(), 0
    return any(worker.cell is not None for worker in course.workers)


def _fit(course: Course) -> list[Trial]:
    """The cells that fit into the time that is left, as far as is known now.

    What does not fit stays in the queue: the next runs may be faster.
    """
    if course.minutes is None:
        return course.queue
    estimates = {cell.key: course.seconds(cell) for cell in course.queue}
    if any(value is None for value in estimates.values()):
        return course.queue

    def seconds(cell: Trial) -> float:
        return estimates[cell.key] or 0.0

    kept, given = select_trials(course.study, course.queue, seconds, course.left, course.busy())
    course.given.up = given
    if not course.finished and given:
        needed = course.elapsed + length(kept, seconds, course.busy())
        if needed > HOPELESS * 60 * course.minutes:
            raise _too_short(course.minutes, needed)
    return [cell for cell in kept if seconds(cell) <= course.left * SPARE]


def _listen(course: Course) -> None:
    """Hear from the workers once, or until something must be stopped."""
    at_work = {w.connection: w for w in course.workers if w.cell is not None}
    until = None
    if course.minutes is not None:
        until = max(0.0, 60 * course.minutes * LATE - course.elapsed)
    heard = wait(list(at_work), timeout=until)
    for connection in heard:
        worker = at_work[connection]  # type: ignore[index]
        try:
            kind, content = worker.connection.recv()
        except (EOFError, OSError):
            raise EngineError(
                f"the process that ran {worker.cell and worker.cell.key} is gone "
                f"(exit code {worker.process.exitcode})",
                hint="is the memory full? Try --jobs 1; what is done stays done",
            ) from None
        if kind == "epoch":
            worker.epochs = content
        elif kind == "failed":
            _fail(worker.cell, content)
        else:
            _finish(course, worker, *content)
    if not heard and until is not None:
        _stop(course)


def _fail(cell: Trial | None, error: ScallionError) -> None:
    """Raise what a cell raised, named for the cell; a subclass may not take such arguments."""
    kind = ArgumentError if isinstance(error, ArgumentError) else type(error)
    raise kind(f"{cell and cell.key}: {error.message}", hint=error.hint)


def _finish(course: Course, worker: Worker, run: str, ended: str, epochs: int) -> None:
    """Keep a finished cell. One that was interrupted is not finished."""
    cell, seconds = worker.cell, monotonic() - worker.started
    worker.cell = None
    if cell is None or ended == "interrupted":
        raise KeyboardInterrupt
    kept = TrialRecord(cell.values, cell.settings, run, ended, epochs, round(seconds, 2))
    files.write_json(course.folder / "cells" / f"{cell.key}.json", kept)
    if epochs == _epochs(cell):
        course.known.setdefault(_kind(course.study, cell), []).append(seconds)
    course.finished += 1
    history = RunFolder(course.folder / "runs" / run)
    words = ended
    if history.history.is_file():
        right = history.read_history()["val_accuracy"]
        course.histories.append(np.asarray(right))
        words = f"{percent(max(right))} of the validation images"
        words += "" if ended == "finished" else f", {ended} after {epochs} epochs"
    course.tell(
        f"{course.finished:>{len(str(course.total))}}/{course.total}  "
        f"{in_words(course.study, cell)}: {words}, {duration(seconds)}{_left(course)}"
    )


def _left(course: Course) -> str:
    waiting = [(cell, course.seconds(cell)) for cell in course.queue]
    known = {cell.key: value for cell, value in waiting if value is not None}
    if not known or len(known) < len(waiting):
        return ""
    left = length(course.queue, lambda cell: known[cell.key], course.busy())
    return f"; about {duration(left)} left"


def _stop(course: Course) -> None:
    """The time is over: what still runs is not counted, and what waits does not begin."""
    if not course.finished and course.minutes is not None:
        known = [
            course.seconds(worker.cell) for worker in course.workers if worker.cell is not None
        ]
        needed = max((value for value in known if value is not None), default=0.0)
        raise _too_short(course.minutes, max(needed, 120 * course.minutes))
    for worker in course.workers:
        if worker.cell is not None:
            course.queue.append(worker.cell)
            worker.process.terminate()
            worker.cell = None
    course.workers = []


def _too_short(minutes: float, needed: float) -> ArgumentError:
    return ArgumentError(
        f"the fewest runs that answer anything take about {duration(needed)} or more here. "
        f"Received: {minutes:g} minutes",
        hint=f"--minutes {int(needed / 60) + 1}",
    )


def in_words(study: Study, cell: Trial) -> str:
    """A cell's values as they are read: `fashion-mnist, dropout 0.2, seed 1`."""
    return ", ".join(
        study.label(axis, value) if isinstance(value, str) else f"{axis} {study.label(axis, value)}"
        for axis, value in cell.values.items()
    )


def _kind(study: Study, cell: Trial) -> tuple[Any, ...]:
    """What decides how long a cell takes: all but what may be given up."""
    aside = set(study.budget.give_up) | {"seed", "learning_rate"}
    return tuple(sorted((k, str(v)) for k, v in cell.values.items() if k not in aside))


def _epochs(cell: Trial) -> int:
    model = cell.settings.get("model", "quick")
    return cell.settings.get("epochs") or model_registry.find(model).recipe.epochs
