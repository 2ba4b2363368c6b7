"""The history as a CSV file that grows with every epoch."""

import csv
import os
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from scallion.callbacks.callback import Callback, Logs
from scallion.files import explained


class CSVLogger(Callback):
    """Write a line an epoch to `filename`: `epoch`, then losses and metrics by name.

    `append` keeps what the file holds. Raises FileError where it cannot be written.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self._file: TextIO | None = None
        self._writer: csv.DictWriter[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        with explained(self.filename, "write"):
            mode = "a" if self.append else "w"
            self._file = Path(self.filename).open(mode, newline="")  # noqa: SIM115 (until the end)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        with explained(self.filename, "write"):
            writer = self._writer or self._begin(logs)
            row: dict[str, Any] = {"epoch": epoch}
            row |= {
                name: _cell(logs.get(name, "NA")) for name in writer.fieldnames if name != "epoch"
            }
            writer.writerow(row)
            if self._file is not None:
                self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _begin(self, logs: Logs) -> "csv.DictWriter[str]":
        if self._file is None:
            self.on_train_begin()
        keys = sorted(logs)
        if keys and not any(key.startswith("val_") for key in keys):
            # The first validation may come later: its columns must be there.
            keys += [f"val_{key}" for key in keys]
        self._writer = csv.DictWriter(self._file, ["epoch", *keys], delimiter=self.sep)  # type: ignore[type-var]
        if not (self.append and Path(self.filename).stat().st_size):
            self._writer.writeheader()
        return self._writer

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None


def _cell(value: Any) -> Any:
    """A metric's number, or its numbers as Keras writes them: `"[0.5, 1.0]"`."""
    if np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
