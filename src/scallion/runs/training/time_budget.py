"""How long a training will take, from a few measured steps; and one that ends when it has to."""

import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from scallion import files, session
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.errors import ArgumentError
from scallion.models.config_reader import from_config
from scallion.models.config_writer import to_config
from scallion.runs.folder import training_state
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.folder.training_state import TrainingState
from scallion.runs.inspection.linear_baseline import MAX_IMAGES
from scallion.runs.training import model_card
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.step_schedule import StepSchedule
from scallion.runs.training.train import fit

_ENOUGH = 0.25  # seconds of steps that tell the pace
_OF_TESTS = 0.125  # of those, for answers
_SPARE = 0.005  # of a budget, for an end that takes longer
_REST = 0.01  # of a budget, below which a last epoch would be too short to be worth its row
_MATTERS = 0.01  # of the steps, from which on they are planned anew
_ENDING = 0.9  # seconds for starting the program, curves, diagnosis and files
_A_PIXEL = 2.5e-8  # seconds that the diagnosis needs for one of the linear model's images


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a training is expected to take: seconds a step and an epoch, with validation.

    `ending` is the time for the scores at the end, `memory` the bytes that the process took for the
    measured steps, None where the system does not say. The last epoch is `short` of so many steps.
    """

    step: float
    epoch: float
    ending: float
    epochs: int
    memory: int | None
    short: int = 0

    @property
    def seconds(self) -> float:
        """The whole training."""
        return self.epochs * self.epoch - self.short * self.step + self.ending

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": self.seconds}


def forecast(prepared: PreparedRun, minutes: float | None = None) -> Forecast:
    """Measure a few steps of a copy of the network; the one to be trained stays as it is.

    For a budget of `minutes` what keeping an epoch takes is measured, too. Raises ArgumentError for
    minutes that are none, FileError where nothing can be written.
    """
    budget = 0.0 if minutes is None else _seconds(minutes)
    train, held, test = prepared.splits.train, prepared.splits.validation, prepared.splits.test
    trial = _trial(prepared)
    pace = _measured(trial)
    keeping = _seconds_to_keep(trial) if budget else 0.0
    step, validation = pace.step, pace.test_step * -(-len(held) // prepared.batch_size)
    # Scores, what tells unfamiliar images apart, and the diagnosis.
    asked = (
        2 * len(held) + len(test) + sum(min(len(one), model_card.SAMPLE) for one in (train, held))
    )
    pixels = min(len(train), MAX_IMAGES) * int(np.prod(prepared.image_shape))
    return Forecast(
        step=step,
        epoch=step * prepared.steps_an_epoch + validation + keeping,
        ending=validation / len(held) * asked + _A_PIXEL * pixels + _ENDING,
        epochs=prepared.epochs,
        memory=_peak_memory(),
        short=prepared.epochs * prepared.steps_an_epoch - prepared.steps.count,
    )


def fit_to_time(
    prepared: PreparedRun, expected: Forecast, minutes: float, begun: float
) -> tuple[PreparedRun, Forecast, "TimeBudget"]:
    """As many steps as seem to fit into `minutes` since `begun` (of `perf_counter`), and the schedule
    that plans them anew while they are made.

    The schedule of the learning rate is that of so many steps, as if they had been asked for.
    Raises ArgumentError for minutes that are none.
    """
    budget = _seconds(minutes)
    least = _REST * budget
    between = expected.epoch - expected.step * prepared.steps_an_epoch
    end = begun + (1 - _SPARE) * budget - expected.ending
    clock = _Clock(prepared.steps_an_epoch, expected.step, between, least)
    steps = clock.fitting(end - perf_counter())
    patience = 0 if prepared.settings.patience is None else prepared.patience
    resolved = replace(prepared, patience=patience).for_steps(steps)
    short = resolved.epochs * prepared.steps_an_epoch - steps
    expected = replace(expected, epochs=resolved.epochs, short=short)
    return resolved, expected, TimeBudget(resolved, clock, end)


@dataclass(slots=True)
class _Clock:
    """Seconds a step, and between the last of an epoch and the first of the next, of which there
    are `an_epoch`. A last epoch with fewer seconds than `least` is not worth it."""

    an_epoch: int
    step: float
    between: float
    least: float

    def fitting(self, left: float, done: int = 0) -> int:
        """How many steps there are in all, with so many done, if the others fill what is `left`:
        whole epochs, and a last one that is cut short. There is one more at least.
        """
        left += done * self.step + done // self.an_epoch * self.between
        epochs = max(0, int(left / (self.an_epoch * self.step + self.between)))
        rest = left - epochs * (self.an_epoch * self.step + self.between) - self.between
        more = min(int(rest / self.step), self.an_epoch) if rest >= self.least else 0
        return max(done + 1, epochs * self.an_epoch + more)


class TimeBudget(StepSchedule):
    """Ends a training in time: plans its steps anew by the pace of those that were made.

    It does so after an eighth of them, then whenever half of what was left is done, and where the
    time is over before the steps are. What it comes to stands in the run's `config.json` from that
    moment on, and repeats to the same bits when it is asked for as `--steps`.
    """

    def __init__(self, prepared: PreparedRun, clock: _Clock, end: float) -> None:
        super().__init__(prepared)
        self.end = end
        self.clock = clock
        self._has_schedule = prepared.recipe.schedule is not None
        self._due = self.steps.count // 8
        self._last: float | None = None  # when the step at hand began
        self._tested: float | None = None  # when the last epoch's steps were over
        self._seconds, self._counted = 0.0, 0  # of steps since the last plan

    @property
    def most_epochs(self) -> int:
        return sys.maxsize

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._tested is not None:
            self.clock.between = perf_counter() - self._tested

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        now = self._count()
        late = now + self.clock.between >= self.end
        if (self._counted and self.done >= self._due) or late:
            self._plan(now)
        super().on_train_batch_begin(batch, logs)
        self._last = now

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._tested, self._last = self._count(), None

    def _count(self) -> float:
        """The time, at which a step is over where one was at hand."""
        now = perf_counter()
        if self._last is not None:
            self._seconds += now - self._last
            self._counted += 1
        return now

    def _plan(self, now: float) -> None:
        done = self.done
        if self._seconds >= _ENOUGH:
            self.clock.step = self._seconds / self._counted
            self._seconds, self._counted = 0.0, 0
        count = self.clock.fitting(self.end - now, done)
        if abs(count - self.steps.count) > _MATTERS * count:
            self.steps = self.steps.turned(done if self._has_schedule else 0, count)
        self._due = done + max(1, (self.steps.count - done) // 2)


class Pace(Callback):
    """Times steps, and ends the training after so many seconds of them; so it does with answers.

    What it is used for again adds to what it has seen.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.enough = seconds
        self.seconds = self.test_seconds = 0.0
        self.steps = self.test_steps = 0
        self._begun = 0.0

    @property
    def step(self) -> float:
        """Seconds a step."""
        return self.seconds / self.steps

    @property
    def test_step(self) -> float:
        """Seconds for the answers to a batch of validation images."""
        return self.test_seconds / self.test_steps

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        now = perf_counter()
        if batch == 0:
            self._begun = now
        self.steps += 1
        if self.seconds + now - self._begun >= self.enough:
            self.model.stop_training = True

    def on_test_begin(self, logs: Logs | None = None) -> None:
        now = perf_counter()
        self.seconds += now - self._begun
        self._begun = now

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self.test_steps += 1
        if perf_counter() - self._begun >= _OF_TESTS * self.enough:
            self.model.stop_evaluating = True

    def on_test_end(self, logs: Logs | None = None) -> None:
        self.test_seconds += perf_counter() - self._begun


def _seconds(minutes: float) -> float:
    if not 0 < minutes < float("inf"):
        raise ArgumentError(
            f"minutes is a number above 0. Received: minutes={minutes!r}", hint="minutes=2"
        )
    return 60 * minutes


def _fitting(left: float, expected: Forecast, an_epoch: int, least: float) -> int:
    """How many steps fit into `left` seconds: whole epochs, and a last one that is cut short.

    That one is left out where its steps have fewer seconds than `least`; one step there always is.
    """
    between = expected.epoch - an_epoch * expected.step
    epochs = max(0, int(left / expected.epoch))
    rest = left - epochs * expected.epoch - between
    more = min(int(rest / expected.step), an_epoch) if rest >= least else 0
    return max(1, epochs * an_epoch + more)


def _trial(prepared: PreparedRun) -> PreparedRun:
    """An epoch of the same with a network like the one to be trained, with weights of its own."""
    settings = replace(prepared.settings, steps=None)
    with session.fresh_names():
        copy = from_config(to_config(prepared.model))
        trial = replace(prepared, settings=settings, model=copy, epochs=1)
        trial.compile()
    return trial


def _measured(trial: PreparedRun) -> Pace:
    schedule = StepSchedule(trial)
    fit(trial, [Pace(0.0)], schedule)  # the first step lays out the engine
    pace = Pace(_ENOUGH)
    while pace.seconds < _ENOUGH:
        fit(trial, [pace], schedule)
    return pace


def _seconds_to_keep(trial: PreparedRun) -> float:
    """How long it takes to write down what an epoch has come to, where the run will be."""
    home = files.make_folder(trial.settings.out)
    with TemporaryDirectory(prefix=".scallion-", suffix=".tmp", dir=home) as folder:
        run = RunFolder(Path(folder))
        begun = perf_counter()
        run.write_history([{"epoch": 1}])
        training_state.write(run.last, trial.model, TrainingState(rows=()))
        trial.model.save(run.model)
        return perf_counter() - begun


def _peak_memory() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
