"""Keeps what happens while a model trains: the history, the best weights, the clock."""

from time import perf_counter
from typing import Any

import numpy as np

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.runs.folder import RunFolder


class Recorder(Callback):
    """Writes `history.csv` after each epoch, and `model.keras` after each that is the best so far.

    The best is the highest `val_accuracy`; among equals, the lowest `val_loss`. After `patience`
    epochs without a better one it ends the training; with 0 never.
    """

    def __init__(self, run: RunFolder, images: int, patience: int = 0) -> None:
        super().__init__()
        self.run = run
        self.images = images
        self.patience = patience
        self.rows: list[dict[str, float]] = []
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None
        self.training_seconds = 0.0
        self.started = perf_counter()
        self._best = (-1.0, 0.0)
        self._epoch_started = self.started
        self._steps_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    @property
    def images_per_second(self) -> float | None:
        """The pace of the training steps, validation not counted; None before the first epoch."""
        if not self.rows or not self.training_seconds:
            return None
        return len(self.rows) * self.images / self.training_seconds

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_started = perf_counter()
        self._steps_seconds = None

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
        standing = (row["val_accuracy"], -row["val_loss"])
        if self.best_weights is None or standing > self._best:
            self._best = standing
            self.best_epoch = epoch + 1
            self.best_weights = self.model.get_weights()
            self.model.save(self.run.model)
        if self.has_waited:
            self.model.stop_training = True

    @property
    def has_waited(self) -> bool:
        """Whether `patience` epochs have gone by without a better one."""
        return 0 < self.patience <= len(self.rows) - self.best_epoch
