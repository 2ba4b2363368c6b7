"""Results of trials: their histories, and the measures computed from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from scallion import file_versions, files, metrics
from scallion.errors import FileError, UnknownNameError
from scallion.runs import RunFolder
from scallion.study.plan import Study, Value, has_values

TRIALS = "trials"  # the folder of the records in a study's folder


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A finished trial: its values along the axes, and its history with a list per column."""

    values: Mapping[str, Value]
    history: Mapping[str, Sequence[float]]
    status: str = "finished"
    run: str = ""
    seconds: float = 0.0

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a column of the history. Raises UnknownNameError."""
        if name not in self.history:
            raise UnknownNameError("column of the history", name, self.history)
        return np.asarray(self.history[name], np.float64)

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return len(self.history.get("val_loss", ()))


class TrialRecord(msgspec.Struct, kw_only=True):
    """The file of a finished trial, `trials/KEY.json`; the history stays in the run folder."""

    format_version: int | None = None
    values: dict[str, Value]
    settings: dict[str, Any]
    run: str
    status: str
    epochs: int
    seconds: float


def read_results(folder: Path) -> dict[str, TrialResult]:
    """Return all finished trials in a study's folder, by their keys.

    Raises FileError, FileVersionError.
    """
    found: dict[str, TrialResult] = {}
    for path in sorted((folder / TRIALS).glob("*.json")):
        hint = f"delete {path.name}, and run the study again"
        try:
            record = msgspec.json.decode(files.read_bytes(path), type=TrialRecord)
        except msgspec.MsgspecError as error:
            raise FileError(f"{path} is damaged: {error}", hint=hint) from error
        file_versions.require_version(
            record.format_version, file_versions.STUDY_TRIAL, str(path), hint=hint
        )
        run = RunFolder(folder / "runs" / record.run)
        history = run.read_history() if run.history.is_file() else {}
        found[path.stem] = TrialResult(
            record.values, history, record.status, str(run.path), record.seconds
        )
    return found


def filter_results(results: Sequence[TrialResult], where: Mapping[str, Any]) -> list[TrialResult]:
    """Return the results with these values."""
    return [result for result in results if has_values(result.values, where)]


def measure(result: TrialResult, name: str) -> float:
    """Return a measure of a run on the validation images. Raises UnknownNameError.

    `accuracy` and `loss` are of the best epoch, `final_accuracy` and `final_loss` of the last one.
    `rise` is the difference between the last and the lowest validation loss, `gap` the difference
    between training and validation accuracy in the last epoch. Other metrics are of the last epoch.
    """
    if name in MEASURES:
        return MEASURES[name](result)
    return float(result.column(f"val_{name}" if f"val_{name}" in result.history else name)[-1])


def check_measures(study: Study) -> None:
    """Raise UnknownNameError for a metric or a measure that no run of a study has."""
    for name in study.measures:
        metrics.get(name)
    known = {*MEASURES, *study.measures, "learning_rate", "seconds"}
    for question in study.questions:
        if question.measure not in known:
            raise UnknownNameError("measure", question.measure, known)


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
