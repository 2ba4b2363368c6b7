"""How long a training will take, from a few measured steps; and one that ends when it has to."""

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
from scallion.insight.baselines import LARGEST
from scallion.models.config import from_config, to_config
from scallion.runs import card, state
from scallion.runs.folder import RunFolder
from scallion.runs.preparation import Preparation
from scallion.runs.state import Standing
from scallion.runs.training import fit

_LEAST, _MOST = 0.25, 2.0  # seconds of steps that tell the pace
_OF_TESTS = 0.125  # of those, for answers
_SHARE = 0.02  # of a budget, to tell it better, between these two
_SPARE = 0.02  # of a budget, kept for steps that turn out slower
_LATE = 0.02  # of a budget, over it, when a training is ended that is slower still
_REST = 0.01  # of a budget, below which a last epoch would be too short to be worth its row
_ENDING = 1.1  # seconds for starting the program, curves, diagnosis and files
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


def forecast(prepared: Preparation, minutes: float | None = None) -> Forecast:
    """Measure a few steps of a copy of the network; the one to be trained stays as it is.

    For a budget of `minutes` more of them are measured, and what keeping an epoch takes. Raises
    ArgumentError for minutes that are none, FileError where nothing can be written.
    """
    budget = 0.0 if minutes is None else _seconds(minutes)
    train, held, test = prepared.splits.train, prepared.splits.validation, prepared.splits.test
    trial = _trial(prepared)
    pace = _measured(trial, min(max(_LEAST, _SHARE * budget), _MOST))
    keeping = _seconds_to_keep(trial) if budget else 0.0
    step, validation = pace.step, pace.test_step * -(-len(held) // prepared.batch_size)
    # Scores, what tells unfamiliar images apart, and the diagnosis.
    asked = 2 * len(held) + len(test) + sum(min(len(one), card.SAMPLE) for one in (train, held))
    pixels = min(len(train), LARGEST) * int(np.prod(prepared.image_shape))
    return Forecast(
        step=step,
        epoch=step * prepared.steps_an_epoch + validation + keeping,
        ending=validation / len(held) * asked + _A_PIXEL * pixels + _ENDING,
        epochs=prepared.epochs,
        memory=_peak_memory(),
        short=prepared.epochs * prepared.steps_an_epoch - prepared.steps,
    )


def within(
    prepared: Preparation, expected: Forecast, minutes: float, begun: float
) -> tuple[Preparation, Forecast, "Deadline"]:
    """As many steps as fit into `minutes` since `begun` (of `perf_counter`), and what ends them.

    The schedule of the learning rate is that of so many steps, as if they had been asked for.
    Raises ArgumentError for minutes that are none.
    """
    budget = _seconds(minutes)
    left = begun + (1 - _SPARE) * budget - expected.ending - perf_counter()
    between = expected.epoch - expected.step * prepared.steps_an_epoch
    steps = _fitting(left, expected, prepared.steps_an_epoch, least=_REST * budget)
    patience = 0 if prepared.settings.patience is None else prepared.patience
    resolved = replace(prepared, patience=patience).for_steps(steps)
    short = resolved.epochs * prepared.steps_an_epoch - steps
    end = begun + (1 + _LATE) * budget - expected.ending - between
    return resolved, replace(expected, epochs=resolved.epochs, short=short), Deadline(end)


class Deadline(Callback):
    """Ends a training after the step at which its time is over; that epoch is validated, too.

    `missed` says that it had to, since steps were slower than they were measured to be. What such
    a run comes to depends on the clock, so it does not repeat.
    """

    def __init__(self, end: float) -> None:
        super().__init__()
        self.end = end
        self.missed = False

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if perf_counter() >= self.end and not self.model.stop_training:
            self.missed = True
            self.model.stop_training = True


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


def _trial(prepared: Preparation) -> Preparation:
    """An epoch of the same with a network like the one to be trained, with weights of its own."""
    settings = replace(prepared.settings, steps=None)
    with session.fresh_names():
        copy = from_config(to_config(prepared.model))
        trial = replace(prepared, settings=settings, model=copy, epochs=1)
        trial.compile()
    return trial


def _measured(trial: Preparation, seconds: float) -> Pace:
    fit(trial, [Pace(0.0)])  # the first step lays out the engine
    pace = Pace(seconds)
    while pace.seconds < seconds:
        fit(trial, [pace])
    return pace


def _seconds_to_keep(trial: Preparation) -> float:
    """How long it takes to write down what an epoch has come to, where the run will be."""
    home = files.make_folder(trial.settings.out)
    with TemporaryDirectory(prefix=".scallion-", suffix=".tmp", dir=home) as folder:
        run = RunFolder(Path(folder))
        begun = perf_counter()
        run.write_history([{"epoch": 1}])
        state.write(run.last, trial.model, Standing(rows=()))
        trial.model.save(run.model)
        return perf_counter() - begun


def _peak_memory() -> int | None:
    try:
        import resource
        import sys
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
