"""Learning curves as data, read from a History, a dict, a DataFrame, a run folder or a CSV file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError
from scallion.history_file import read_history_file

# Columns of a history that are neither a loss nor a metric.
_NOT_METRICS = frozenset({"epoch", "learning_rate", "lr", "seconds", "time"})
_ACCURACIES = (
    "accuracy",
    "acc",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
)
_FRACTIONS = frozenset({"acc", "precision", "recall", "auc"})


@dataclass(frozen=True, slots=True)
class MetricCurves:
    """One loss or metric per epoch, on the training and the validation images."""

    name: str
    training: NDArray[np.float64] | None
    validation: NDArray[np.float64] | None

    @property
    def title(self) -> str:
        """Its name with a capital and without underscores."""
        name = self.name.replace("_", " ")
        return name[:1].upper() + name[1:]

    @property
    def is_fraction(self) -> bool:
        """True if the values lie between 0 and 1 and are shown as percentages; higher is better."""
        return "accuracy" in self.name or self.name in _FRACTIONS


@dataclass(frozen=True, slots=True)
class LearningCurves:
    """All metrics of a training: losses first, then accuracies, then the others."""

    epochs: NDArray[np.float64]
    metrics: tuple[MetricCurves, ...]

    def best(self) -> int | None:
        """Return the index of the best epoch, None without finite validation values.

        It is the epoch that a run keeps: the one with the highest validation accuracy, among equals
        with the lowest validation loss. Without an accuracy the loss decides, else the first
        metric.
        """
        ranks: list[NDArray[np.float64]] = []
        validated = [(one, one.validation) for one in self.metrics if one.validation is not None]
        by_name = {metric.name: values for metric, values in validated}
        ranks += [-by_name[name] for name in _ACCURACIES if name in by_name][:1]
        ranks += [by_name["loss"]] if "loss" in by_name else []
        if not ranks:
            signs = [(-1.0 if metric.is_fraction else 1.0, values) for metric, values in validated]
            ranks = [sign * values for sign, values in signs][:1]
        if not ranks or not np.isfinite(ranks[0]).any():
            return None
        worst = [np.where(np.isnan(rank), np.inf, rank) for rank in ranks]
        return int(np.lexsort(worst[::-1])[0])


def read_history(source: Any) -> LearningCurves:
    """Return the curves in a History, a dict of lists, a DataFrame, a run folder or `history.csv`.

    Raises ArgumentError for other types, MissingFileError if there is no such folder or file,
    DataError if there is nothing to draw.
    """
    columns = {str(name): _values(values, str(name)) for name, values in _columns(source).items()}
    names = [name for name in columns if name not in _NOT_METRICS]
    lengths = {len(columns[name]) for name in names}
    if not names or lengths == {0}:
        raise DataError(
            "the history is empty, so there is nothing to draw",
            hint="train for an epoch first: history = model.fit(x, y, epochs=5)",
        )
    if len(lengths) > 1:
        sizes = ", ".join(f"{name}: {len(columns[name])}" for name in names)
        raise DataError(
            f"the columns of the history differ in length. Received: {sizes}",
            hint="give the history of one call of fit",
        )
    plain = dict.fromkeys(name.removeprefix("val_") for name in names)
    metrics = [MetricCurves(name, columns.get(name), columns.get(f"val_{name}")) for name in plain]
    epochs = columns.get("epoch")
    if epochs is None or len(epochs) not in lengths:
        epochs = np.arange(1, lengths.pop() + 1, dtype=np.float64)
    return LearningCurves(epochs, tuple(sorted(metrics, key=_order)))


def _order(metric: MetricCurves) -> tuple[int, str]:
    if metric.name == "loss":
        return 0, ""
    return (1 if "acc" in metric.name else 2), metric.name


def _columns(source: Any) -> Mapping[Any, Any]:
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return read_history_file(path if path.suffix == ".csv" else path / "history.csv")
    history = getattr(source, "history", source)
    if isinstance(history, os.PathLike):  # a RunFolder
        return read_history_file(history)
    if isinstance(history, Mapping):
        return history
    if hasattr(history, "columns") and hasattr(history, "to_numpy"):
        return {name: history[name].to_numpy() for name in history.columns}
    raise ArgumentError(
        f"a history is what fit returns, a dict of lists, a DataFrame or a run folder. "
        f"Received: {type(source).__name__}",
        hint="history = model.fit(...); scallion.plot(history)",
    )


def _values(values: Any, name: str) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, np.float64)
        # A metric with one value per class has one row per epoch: its mean is drawn.
        return array.mean(axis=1) if array.ndim == 2 else array.reshape(-1)
    except (TypeError, ValueError):
        raise DataError(
            f"the column {name!r} of the history holds no numbers",
            hint=f"leave it out: history.drop(columns={name!r})",
        ) from None
