"""TensorBoard: curves and histograms of weights as event files, which `tensorboard` shows."""

import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scallion.callbacks.callback import Callback, Logs
from scallion.callbacks.event_files.event_file import EventFile
from scallion.errors import ArgumentError


class TensorBoard(Callback):
    """Write event files to `log_dir/train` and `log_dir/validation`, with Keras' tags.

    Each epoch has `epoch_loss`, one value per metric, and `epoch_learning_rate`. With
    `update_freq="batch"`, or a number of batches, there are `batch_loss` and so on.
    `histogram_freq` writes the distribution of each weight every so many epochs. What is not
    written: the graph, images of weights, profiles and embeddings; a warning says so where one is
    requested, except for the graph. View with `tensorboard --logdir logs`. Raises FileError for a
    folder that cannot be written to.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        is_count = isinstance(update_freq, int) and update_freq > 0
        if update_freq not in ("batch", "epoch") and not is_count:
            raise ArgumentError(
                '`update_freq` is "batch", "epoch" or a number of batches. '
                f"Received: update_freq={update_freq!r}",
                hint='update_freq="epoch"',
                field="update_freq",
                value=update_freq,
            )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        for name, value in (
            ("write_images", write_images),
            ("profile_batch", profile_batch),
            ("embeddings_freq", embeddings_freq),
        ):
            if value:
                warnings.warn(
                    f"TensorBoard writes scalars and histograms, nothing for {name}={value!r}",
                    stacklevel=2,
                )
        self._files: dict[str, EventFile] = {}
        self._train_batches = 0
        self._batch_start = self._epoch_start = 0.0
        self._epoch_batches = 0

    def get_state(self) -> dict[str, Any]:
        """Return the number of batches, by which resumed training continues."""
        return {"train_batches": self._train_batches}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._train_batches = int(state["train_batches"])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start new files."""
        self._files = {}
        self._train_batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Start the clock of the epoch."""
        self._epoch_start, self._epoch_batches = time.perf_counter(), self._train_batches

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Count the batch."""
        self._train_batches += 1
        self._batch_start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Write the values of the batch, where `update_freq` says so."""
        if not isinstance(self.update_freq, int) or self._train_batches % self.update_freq:
            return
        values = dict(logs or {})
        if self.write_steps_per_second:
            values["steps_per_second"] = 1 / max(time.perf_counter() - self._batch_start, 1e-9)
        self._write("train", "batch_", values, self._train_batches)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the averages of the epoch, and histograms."""
        logs = logs or {}
        train = {key: value for key, value in logs.items() if not key.startswith("val_")}
        train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            seconds = max(time.perf_counter() - self._epoch_start, 1e-9)
            train["steps_per_second"] = (self._train_batches - self._epoch_batches) / seconds
        validation = {key[4:]: value for key, value in logs.items() if key.startswith("val_")}
        self._write("train", "epoch_", train, epoch)
        self._write("validation", "epoch_", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_histograms(epoch)
        self._flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Write the results of an evaluation by the number of updates so far."""
        values = {f"{name}_vs_iterations": value for name, value in (logs or {}).items()}
        self._write("validation", "evaluation_", values, int(self.model.optimizer.iterations))
        self._flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Write what is left."""
        self._flush()

    def _file(self, part: str) -> EventFile:
        if part not in self._files:
            self._files[part] = EventFile(Path(self.log_dir) / part)
        return self._files[part]

    def _write(self, part: str, prefix: str, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            if np.ndim(value) == 0:
                self._file(part).scalar(f"{prefix}{name}", float(value), step)

    def _write_histograms(self, epoch: int) -> None:
        for layer in self.model.layers:
            for weight in layer.weights:
                self._file("train").histogram(f"{weight.path}/histogram", weight.value, epoch)

    def _flush(self) -> None:
        for file in self._files.values():
            file.flush()
