"""EarlyStopping: stopping when a metric no longer improves."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.callbacks.callback import Logs
from scallion.callbacks.monitor_callback import MonitorCallback
from scallion.callbacks.progress_bar import write


class EarlyStopping(MonitorCallback):
    """Stop training when `monitor` has not improved by `min_delta` for `patience` epochs.

    `restore_best_weights` restores the weights of the best epoch at the end. With a `baseline`,
    only epochs better than it reset the patience. Epochs before `start_from_epoch` are ignored.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the counters, so that the callback can be used again."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights: list[np.ndarray] | None = None
        self.best_epoch = 0

    def get_state(self) -> dict[str, Any]:
        """Return the counters, and the best value, epoch and weights."""
        return {
            "wait": self.wait,
            "stopped_epoch": self.stopped_epoch,
            "best": self.best,
            "best_weights": self.best_weights,
            "best_epoch": self.best_epoch,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self.wait = state["wait"]
        self.stopped_epoch = state["stopped_epoch"]
        self.best = None if state["best"] is None else float(state["best"])
        self.best_weights = state["best_weights"]
        self.best_epoch = state["best_epoch"]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best epoch, and stop training when the patience is used up."""
        current = self._current(logs or {})
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.restore_best_weights and self.best_weights is None:
            self._remember(epoch)
        if self._is_improvement(current, self.best):
            self.best = current
            self._remember(epoch)
            if self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Restore the weights of the best epoch, if `restore_best_weights`."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            write(f"Epoch {self.stopped_epoch + 1}: early stopping\n")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                write(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}.\n"
                )
            self.model.set_weights(self.best_weights)

    def _remember(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def _current(self, logs: Logs) -> float | None:
        if self.monitor not in logs:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}",
                stacklevel=3,
            )
        return logs.get(self.monitor)
