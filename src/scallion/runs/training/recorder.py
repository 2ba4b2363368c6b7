"""Keeps what happens while a model trains: the history, the best weights, the clock."""

from time import perf_counter
from typing import Any

import numpy as np

from scallion import files, optimizers
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.folder.training_state import TrainingState
from scallion.runs.training.step_schedule import StepSchedule


class Recorder(Callback):
    """Writes `history.csv` after each epoch, and remembers the weights of the best one.

    The best is the highest `val_accuracy`; among equals, the lowest `val_loss`. After `patience`
    epochs without a better one it ends the training; with 0 never. `schedule` says how many images
    there are.
    """

    def __init__(self, run: RunFolder, schedule: StepSchedule, patience: int = 0) -> None:
        super().__init__()
        self.run = run
        self.schedule = schedule
        self._steps = schedule.steps
        self.patience = patience
        self.rows: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None
        self.training_seconds = 0.0
        self._before = 0.0
        self._started = perf_counter()
        self._epoch_started = self._started
        self._steps_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds of work, those before a resumption included."""
        return self._before + perf_counter() - self._started

    @property
    def images_per_second(self) -> float | None:
        """The pace of the training steps, validation not counted; None before the first epoch."""
        if not self.rows or not self.training_seconds:
            return None
        seen = min(len(self.rows) * self.schedule.images, self.schedule.images_seen)
        return seen / self.training_seconds

    @property
    def is_best(self) -> bool:
        """Whether the last epoch is the best so far."""
        return bool(self.rows) and self.best_epoch == len(self.rows)

    @property
    def has_waited(self) -> bool:
        """Whether `patience` epochs have gone by without a better one."""
        return 0 < self.patience <= len(self.rows) - self.best_epoch

    def take_up(self, standing: TrainingState) -> None:
        """Go on behind epochs that were recorded before."""
        self.rows = [dict(row) for row in standing.rows]
        self.best_epoch = _best_epoch(self.rows)
        self.training_seconds = standing.training_seconds
        self._before = standing.seconds
        if self.rows:
            self.run.write_history(self.rows)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_started = perf_counter()
        self._steps_seconds = None

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if self.schedule.steps is not self._steps:
            self._steps = self.schedule.steps
            self._note_steps()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._steps_seconds = perf_counter() - self._epoch_started

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = perf_counter() - self._epoch_started
        self.training_seconds += seconds if self._steps_seconds is None else self._steps_seconds
        row: dict[str, Any] = {"epoch": epoch + 1, **(logs or {})}
        row["learning_rate"] = self.model.optimizer.learning_rate
        row["seconds"] = round(seconds, 3)
        self.rows.append(row)
        self.run.write_history(self.rows)
        self.best_epoch = _best_epoch(self.rows)
        if self.is_best:
            self.best_weights = self.model.get_weights()
        if self.has_waited:
            self.model.stop_training = True

    def _note_steps(self) -> None:
        """Write down what was planned anew, so that the run can be resumed and repeated."""
        config = files.read_json(self.run.config)
        config |= {
            "epochs": self.schedule.epochs,
            "steps": self._steps.asked,
            "optimizer": optimizers.serialize(self.model.optimizer),
        }
        config["settings"]["steps"] = self._steps.asked
        files.write_json(self.run.config, config)


def _best_epoch(rows: list[dict[str, Any]]) -> int:
    """The first of the best epochs, from 1; 0 where there is none."""
    ranks = [(row["val_accuracy"], -row["val_loss"], -row["epoch"]) for row in rows]
    return max(range(len(rows)), key=ranks.__getitem__, default=-1) + 1
