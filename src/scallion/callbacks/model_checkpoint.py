"""ModelCheckpoint: saving the model during training."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scallion.callbacks.callback import Logs
from scallion.callbacks.monitor_callback import MonitorCallback
from scallion.callbacks.progress_bar import write
from scallion.errors import ArgumentError
from scallion.files import make_folder
from scallion.layers.base.variable import describe_non_finite


class ModelCheckpoint(MonitorCallback):
    """Save to `filepath` after each epoch or every `save_freq` batches.

    `save_best_only` saves only when `monitor` has improved. `filepath` may contain values of the
    epoch: `"{epoch:02d}-{val_loss:.2f}.keras"`. It ends in `.keras`, in `.h5` for Keras' legacy
    format, or in `.weights.h5` with `save_weights_only`. Raises ArgumentError.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._epoch = 0
        self._unsaved = 0
        suffix = ".weights.h5" if save_weights_only else ".keras"
        allowed = suffix if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(allowed):
            raise ArgumentError(
                f"the name of a checkpoint ends in {suffix}. Received: filepath={self.filepath!r}",
                hint=f'filepath="best{suffix}"',
            )
        if save_freq != "epoch":
            if not isinstance(save_freq, int) or isinstance(save_freq, bool) or save_freq < 1:
                raise ArgumentError(
                    "`save_freq` is 'epoch' or a number of batches. "
                    f"Received: save_freq={save_freq!r}",
                    hint='save_freq="epoch"',
                )
            # Not a method: a callback with this hook makes each batch compute the averages.
            self.on_train_batch_end = self._count_batch  # type: ignore[method-assign]

    def get_state(self) -> dict[str, Any]:
        """Return the best value and the counters."""
        return {"best": self.best, "epoch": self._epoch, "unsaved": self._unsaved}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self.best = None if state["best"] is None else float(state["best"])
        self._epoch = state["epoch"]
        self._unsaved = state["unsaved"]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Remember the epoch, for saving after a batch."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save the model, if it is due."""
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _count_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._unsaved += 1
        if self._unsaved >= int(self.save_freq):
            self._unsaved = 0
            self._save(self._epoch, batch, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        if (found := describe_non_finite(self.model.weights)) is not None:
            warnings.warn(f"epoch {epoch + 1}: the model is not saved: {found}", stacklevel=4)
            return
        path = self._path(epoch, batch, logs)
        if not self._is_due(epoch, logs, path):
            return
        make_folder(Path(path).parent)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._print(epoch, f"finished saving model to {path}")

    def _is_due(self, epoch: int, logs: Logs, path: str) -> bool:
        if not self.save_best_only:
            self._print(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=4)
            return True
        if np.ndim(current):
            warnings.warn(
                f"{self.monitor} has one value per class, so each model is saved. "
                'Monitor an average: Precision(average="macro")',
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._print(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._print(
            epoch,
            f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}",
        )
        self.best = current
        return True

    def _print(self, epoch: int, text: str) -> None:
        if self.verbose > 0:
            write(f"\nEpoch {epoch + 1}: {text}\n")

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        batch_number: dict[str, float] = {} if batch is None else {"batch": batch + 1}
        try:
            return self.filepath.format(**{"epoch": epoch + 1, **batch_number, **logs})
        except KeyError as error:
            raise ArgumentError(
                f"the name of a checkpoint contains {error}, which has no value. "
                f"Received: filepath={self.filepath!r}",
                hint=f"use one of {', '.join(['epoch', *batch_number, *logs])}",
            ) from error
