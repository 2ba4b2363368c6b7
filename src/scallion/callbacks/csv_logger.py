"""CSVLogger: the history as a CSV file, one row per epoch."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scallion.callbacks.callback import Callback, Logs
from scallion.files import file_errors


class CSVLogger(Callback):
    """Write one row per epoch to `filename`: `epoch`, then losses and metrics by name.

    `append` keeps the rows that the file has. Raises FileError if it cannot be written.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self._columns: list[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Create the file, or open it for appending."""
        self._columns = None
        self._write("", "a" if self.append else "w")

    def get_state(self) -> dict[str, Any]:
        """Return the content of the file; rows written later are written again after resuming."""
        if self._columns is None:
            return {}
        with file_errors(self.filename, "read"):
            text = Path(self.filename).read_bytes().decode()
        return {"text": text, "columns": self._columns}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the content of the file."""
        self._columns = list(state["columns"])
        self._write(state["text"], "w")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append the row of the epoch, and the header before the first one."""
        logs = logs or {}
        lines: list[dict[str, Any]] = []
        if self._columns is None:
            self._columns = ["epoch", *_column_names(logs)]
            if not (self.append and self._has_content()):
                lines.append({name: name for name in self._columns})
        cells = {name: _cell(logs.get(name, "NA")) for name in self._columns}
        lines.append({**cells, "epoch": epoch})
        text = io.StringIO()
        csv.DictWriter(text, self._columns, delimiter=self.sep).writerows(lines)
        self._write(text.getvalue(), "a")

    def _has_content(self) -> bool:
        path = Path(self.filename)
        return path.is_file() and path.stat().st_size > 0

    def _write(self, text: str, mode: str) -> None:
        # Opened again for each row, so that no file stays open when training raises.
        with (
            file_errors(self.filename, "write"),
            Path(self.filename).open(mode, newline="") as file,
        ):
            file.write(text)


def _column_names(logs: Logs) -> list[str]:
    """Return the columns; without validation so far, with those of a later one."""
    names = sorted(logs)
    if any(name.startswith("val_") for name in names):
        return names
    return [*names, *(f"val_{name}" for name in names)]


def _cell(value: Any) -> Any:
    """Return a value, or an array as Keras writes it: `"[0.5, 1.0]"`."""
    if np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
