"""Callbacks that change the learning rate between epochs."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scallion.callbacks.callback import Callback, Logs
from scallion.callbacks.monitor_callback import MonitorCallback
from scallion.callbacks.progress_bar import write
from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import checked_float


class LearningRateScheduler(Callback):
    """Set the learning rate to `schedule(epoch, rate)` before each epoch, and record it."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the learning rate. Raises ArgumentError if the schedule returns no float."""
        optimizer = self.model.optimizer
        try:
            rate = self.schedule(epoch, optimizer.learning_rate)
        except TypeError:  # older scripts have a schedule of the epoch only
            rate = self.schedule(epoch)
        if not isinstance(rate, float | np.floating):
            raise ArgumentError(
                f"a schedule must return a float. Received: {rate!r}",
                hint="LearningRateScheduler(lambda epoch, rate: rate * 0.9)",
            )
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            write(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.\n")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the learning rate to the logs."""
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by `factor` when `monitor` has not improved for `patience` epochs.

    After a reduction, `cooldown` epochs do not count. `min_lr` is the lower limit of the rate.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if not factor < 1.0:
            raise ArgumentError(
                f"`factor` is a number below 1. Received: factor={factor!r}", hint="factor=0.1"
            )
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = checked_float("min_lr", min_lr)
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the counters, so that the callback can be used again."""
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def get_state(self) -> dict[str, Any]:
        """Return the counters and the best value."""
        return {"best": self.best, "cooldown_counter": self.cooldown_counter, "wait": self.wait}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self.best = None if state["best"] is None else float(state["best"])
        self.cooldown_counter = state["cooldown_counter"]
        self.wait = state["wait"]

    def in_cooldown(self) -> bool:
        """Return whether epochs do not count yet after the last reduction."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Reduce the learning rate, if it is due, and add it to the logs."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = self.model.optimizer.learning_rate
        if self.monitor not in logs:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not "
                f"available. Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(logs[self.monitor], self.best):
            self.best = logs[self.monitor]
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch: int) -> bool:
        optimizer = self.model.optimizer
        if optimizer.learning_rate <= np.float32(self.min_lr):
            return False
        optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
        if self.verbose > 0:
            write(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to "
                f"{optimizer.learning_rate}.\n"
            )
        return True
