"""The `history.csv` file of a run: one row per epoch, one column per loss or metric."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from scallion import files
from scallion.errors import FileError

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
"""The first columns; a run always has them."""


def format_history(rows: Sequence[Mapping[str, float]]) -> str:
    """Return one row per epoch as CSV text; floats keep all their digits, missing values are nan.

    >>> print(format_history([{"loss": 0.5, "epoch": 1}]), end="")
    epoch,loss
    1,0.5
    """
    found = {name for row in rows for name in row}
    first = [name for name in HISTORY_COLUMNS if name in found]
    names = [*first, *sorted(found.difference(first))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_format_value(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def read_history_file(path: files.StrPath) -> dict[str, list[float]]:
    """Return the columns of a `history.csv`. Raises MissingFileError, FileError if damaged."""
    text = files.read_bytes(path).decode("utf-8", errors="replace")
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
        names = list(rows[0]) if rows else []
        return {name: [float(row[name]) for row in rows] for name in names}
    except (ValueError, TypeError, csv.Error) as error:
        raise FileError(
            f"{path} is damaged: {error}",
            hint="train again, or restore the file from a copy",
        ) from error


def _format_value(value: Any) -> str:
    if value is None:
        return "nan"
    return str(value) if isinstance(value, int) else repr(float(value))
