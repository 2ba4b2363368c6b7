"""The callback that records a training: history, best weights and time."""

from time import perf_counter
from typing import Any

import numpy as np

from scallion import files, optimizers
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.folder.training_state import TrainingState
from scallion.runs.training.callbacks.step_schedule import StepSchedule


class Recorder(Callback):
    """Writes `history.csv` after each epoch, and remembers the weights of the best one.

    The best epoch has the highest `val_accuracy`; among equals, the lowest `val_loss`. Training
    stops after `patience` epochs without improvement; 0 disables this.
    """

    def __init__(self, run: RunFolder, schedule: StepSchedule, patience: int = 0) -> None:
        super().__init__()
        self.run = run
        self.schedule = schedule
        self.patience = patience
        self.rows: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None
        self.training_seconds = 0.0
        self._steps = schedule.steps
        self._seconds_before = 0.0
        self._started = perf_counter()
        self._epoch_started = self._started
        self._steps_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds of work, including those before the run was resumed."""
        return self._seconds_before + perf_counter() - self._started

    @property
    def images_per_second(self) -> float | None:
        """Images per second of training steps, without validation; None before the first epoch."""
        if not self.rows or not self.training_seconds:
            return None
        seen = min(len(self.rows) * self.schedule.images, self.schedule.images_seen)
        return seen / self.training_seconds

    @property
    def is_best(self) -> bool:
        """True if the last epoch is the best so far."""
        return bool(self.rows) and self.best_epoch == len(self.rows)

    @property
    def has_lost_patience(self) -> bool:
        """True if the last `patience` epochs were without improvement."""
        return 0 < self.patience <= len(self.rows) - self.best_epoch

    def restore(self, state: TrainingState) -> None:
        """Continue after the epochs of a saved state."""
        self.rows = [dict(row) for row in state.rows]
        self.best_epoch = _best_epoch(self.rows)
        self.training_seconds = state.training_seconds
        self._seconds_before = state.seconds
        if self.rows:
            self.run.write_history(self.rows)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Start the clock of the epoch."""
        self._epoch_started = perf_counter()
        self._steps_seconds = None

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Write down a revised step plan."""
        if self.schedule.steps is not self._steps:
            self._steps = self.schedule.steps
            self._write_steps()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Note when the steps of the epoch were over."""
        self._steps_seconds = perf_counter() - self._epoch_started

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the history, and keep the weights of the best epoch."""
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
        if self.has_lost_patience:
            self.model.stop_training = True

    def _write_steps(self) -> None:
        """Write the revised plan to `config.json`, so that the run can be resumed and repeated."""
        config = self.run.read_config()
        config |= {
            "epochs": self.schedule.epochs,
            "steps": self._steps.text,
            "optimizer": optimizers.serialize(self.model.optimizer),
        }
        config["settings"]["steps"] = self._steps.text
        files.write_json(self.run.config, config)


def _best_epoch(rows: list[dict[str, Any]]) -> int:
    """Return the first of the best epochs, counted from 1; 0 if there is none."""
    ranks = [(row["val_accuracy"], -row["val_loss"], -row["epoch"]) for row in rows]
    return max(range(len(rows)), key=ranks.__getitem__, default=-1) + 1
