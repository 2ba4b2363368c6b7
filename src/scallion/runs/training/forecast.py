"""Forecast of the time and memory of a training, from a few measured steps."""

import sys
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from scallion import files, session
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.errors import ArgumentError
from scallion.models.files.config_reader import from_config
from scallion.models.files.config_writer import to_config
from scallion.runs.folder import training_state
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.folder.training_state import TrainingState
from scallion.runs.inspection.linear_baseline import MAX_IMAGES
from scallion.runs.training import model_metadata
from scallion.runs.training.callbacks.step_schedule import StepSchedule
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.train import fit
from scallion.temporary_files import temporary_folder

MEASURED_SECONDS = 0.25  # of training steps
_TEST_SHARE = 0.125  # of those seconds, for validation
_FIXED_ENDING = 0.9  # seconds to start the program, draw curves, diagnose and write files
_PIXEL_SECONDS = 2.5e-8  # of the diagnosis, per pixel that the linear baseline trains on


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected time of a training, in seconds per step and per epoch, with validation.

    `ending` is the time for the scores and the diagnosis. `memory` is the peak of the process in
    bytes, None if the system does not report it. The last epoch has `missing_steps` fewer steps.
    """

    step: float
    epoch: float
    ending: float
    epochs: int
    memory: int | None
    missing_steps: int = 0

    @property
    def seconds(self) -> float:
        """The time of the whole training."""
        return self.epochs * self.epoch - self.missing_steps * self.step + self.ending

    def as_dict(self) -> dict[str, Any]:
        """Return all values, with the total."""
        return {**asdict(self), "seconds": self.seconds}


def forecast(prepared: PreparedRun, minutes: float | None = None) -> Forecast:
    """Return the expected time, measured on a copy of the network; the network itself is unchanged.

    For a time budget in `minutes` the time to save an epoch is measured, too. Raises ArgumentError
    for invalid minutes, FileError if nothing can be written.
    """
    budget = 0.0 if minutes is None else budget_seconds(minutes)
    splits = prepared.splits
    trial = _trial(prepared)
    pace = _measure(trial)
    saving = _saving_seconds(trial) if budget else 0.0
    validation = pace.test_step * -(-len(splits.validation) // prepared.batch_size)
    pixels = min(len(splits.train), MAX_IMAGES) * int(np.prod(prepared.image_shape))
    per_image = validation / len(splits.validation)
    return Forecast(
        step=pace.step,
        epoch=pace.step * prepared.steps_per_epoch + validation + saving,
        ending=per_image * _predicted_images(prepared) + _PIXEL_SECONDS * pixels + _FIXED_ENDING,
        epochs=prepared.epochs,
        memory=_peak_memory(),
        missing_steps=prepared.epochs * prepared.steps_per_epoch - prepared.steps.count,
    )


def budget_seconds(minutes: float) -> float:
    """Return a time budget in seconds. Raises ArgumentError for what is not above 0."""
    if not isinstance(minutes, int | float) or not 0 < minutes < float("inf"):
        raise ArgumentError(
            f"minutes is a number above 0. Received: minutes={minutes!r}", hint="minutes=2"
        )
    return 60.0 * minutes


class Pace(Callback):
    """Measures the time of training steps and of validation, and stops after `seconds` of steps.

    A callback that is used again adds to what it has measured.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.enough = seconds
        self.seconds = self.test_seconds = 0.0
        self.steps = self.test_steps = 0
        self._started = 0.0

    @property
    def step(self) -> float:
        """Seconds per step."""
        return self.seconds / self.steps

    @property
    def test_step(self) -> float:
        """Seconds per batch of validation images."""
        return self.test_seconds / self.test_steps

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Count the step, and stop after it once the time is over."""
        now = perf_counter()
        if batch == 0:
            self._started = now
        self.steps += 1
        if self.seconds + now - self._started >= self.enough:
            self.model.stop_training = True

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """End the time of the steps."""
        now = perf_counter()
        self.seconds += now - self._started
        self._started = now

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Count the batch, and stop after it once the time is over."""
        self.test_steps += 1
        if perf_counter() - self._started >= _TEST_SHARE * self.enough:
            self.model.stop_evaluating = True

    def on_test_end(self, logs: Logs | None = None) -> None:
        """End the time of the validation."""
        self.test_seconds += perf_counter() - self._started


def _predicted_images(prepared: PreparedRun) -> int:
    """Return how many images are predicted after training.

    Validation and test images are scored, validation images diagnosed, and some images of both
    other splits are used to detect out-of-distribution images.
    """
    splits = prepared.splits
    sampled = sum(
        min(len(part), model_metadata.SAMPLE) for part in (splits.train, splits.validation)
    )
    return 2 * len(splits.validation) + len(splits.test) + sampled


def _trial(prepared: PreparedRun) -> PreparedRun:
    """Return one epoch of the same run with a copy of the network, with weights of its own."""
    settings = replace(prepared.settings, steps=None)
    with session.fresh_names():
        copy = from_config(to_config(prepared.model))
        epochs = 1 + prepared.recipe.starts_frozen
        trial = replace(prepared, settings=settings, model=copy, epochs=epochs)
        trial.compile()
    return trial


def _measure(trial: PreparedRun) -> Pace:
    schedule = StepSchedule(trial)
    fit(trial, [Pace(0.0)], schedule)  # the first step sets the engine up
    pace = Pace(MEASURED_SECONDS)
    while pace.seconds < MEASURED_SECONDS:
        fit(trial, [pace], schedule)
    return pace


def _saving_seconds(trial: PreparedRun) -> float:
    """Return how long it takes to save an epoch, on the disk of the run folder."""
    home = files.make_folder(trial.settings.out)
    with files.file_errors(home, "write"), temporary_folder(home) as folder:
        run = RunFolder(folder)
        started = perf_counter()
        run.write_history([{"epoch": 1}])
        training_state.write(run.last, trial.model, TrainingState(rows=()))
        trial.model.save(run.model)
        return perf_counter() - started


def _peak_memory() -> int | None:
    try:
        import resource  # here, because Windows has no such module
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
