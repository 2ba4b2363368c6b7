"""What the cells of a study came to: histories, and the measures read from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.errors import FileError, UnknownNameError
from scallion.runs import RunFolder
from scallion.study.plan import Value, same

Columns = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One finished cell: its values along the axes and its history, a list a column."""

    values: Mapping[str, Value]
    history: Columns
    ended: str = "finished"
    run: str = ""
    seconds: float = 0.0

    def column(self, name: str) -> NDArray[np.float64]:
        """A column of the history. Raises UnknownNameError."""
        if name not in self.history:
            raise UnknownNameError("column of the history", name, self.history)
        return np.asarray(self.history[name], np.float64)


class TrialRecord(msgspec.Struct):
    """A finished cell as its file keeps it; the history stays in the run folder."""

    values: dict[str, Value]
    settings: dict[str, Any]
    run: str
    ended: str
    epochs: int
    seconds: float


def read_results(folder: Path) -> dict[str, TrialResult]:
    """All finished cells of a study's folder, by their keys. Raises FileError."""
    found: dict[str, TrialResult] = {}
    for path in sorted((folder / "cells").glob("*.json")):
        try:
            kept = msgspec.json.decode(files.read_bytes(path), type=TrialRecord)
        except msgspec.MsgspecError as error:
            raise FileError(
                f"{path} is damaged: {error}", hint=f"delete {path.name}, and run the study again"
            ) from error
        run = RunFolder(folder / "runs" / kept.run)
        history = run.read_history() if run.history.is_file() else {}
        found[path.stem] = TrialResult(
            kept.values, history, kept.ended, str(run.path), kept.seconds
        )
    return found


def filter_results(results: Sequence[TrialResult], where: Mapping[str, Any]) -> list[TrialResult]:
    """The results with these values."""
    return [result for result in results if same(result.values, where)]


def measure(result: TrialResult, name: str) -> float:
    """A measure of a run, on the validation images. Raises UnknownNameError.

    `accuracy` and `loss` are those of the best epoch; `final_` ones those of the last; `rise` is
    how far the loss has risen since its best epoch; `gap` how much more accurate the network is on
    the images it learns from, in the last epoch. Any other metric is taken in the last epoch.
    """
    known = MEASURES.get(name)
    if known is not None:
        return known(result)
    return float(result.column(f"val_{name}" if f"val_{name}" in result.history else name)[-1])


MEASURES: dict[str, Callable[[TrialResult], float]] = {
    "accuracy": lambda result: float(np.nanmax(result.column("val_accuracy"))),
    "final_accuracy": lambda result: float(result.column("val_accuracy")[-1]),
    "loss": lambda result: float(np.nanmin(result.column("val_loss"))),
    "final_loss": lambda result: float(result.column("val_loss")[-1]),
    "rise": lambda result: float(
        result.column("val_loss")[-1] - np.nanmin(result.column("val_loss"))
    ),
    "gap": lambda result: float(result.column("accuracy")[-1] - result.column("val_accuracy")[-1]),
    "best_epoch": lambda result: float(np.nanargmin(result.column("val_loss")) + 1),
}
