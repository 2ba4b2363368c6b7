"""A history from whatever holds one: what `fit` returned, a dict, a DataFrame, a run folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError
from scallion.runs.folder import RunFolder

# Columns of a history that are no measure of the network.
ASIDE = frozenset({"epoch", "learning_rate", "lr", "seconds", "time"})


@dataclass(frozen=True, slots=True)
class Measure:
    """One loss or metric over the epochs, in training and, where it was measured, validation."""

    name: str
    training: NDArray[np.float64] | None
    validation: NDArray[np.float64] | None

    @property
    def is_share(self) -> bool:
        """Whether it counts right answers, so that it reads as a percentage."""
        return "accuracy" in self.name or self.name in ("acc", "precision", "recall", "auc")

    @property
    def falls(self) -> bool:
        """Whether less is better."""
        return not self.is_share

    def best(self) -> int | None:
        """The place of the best validated epoch, None where nothing was validated."""
        values = self.validation
        if values is None or not np.isfinite(values).any():
            return None
        return int(np.nanargmin(values) if self.falls else np.nanargmax(values))


@dataclass(frozen=True, slots=True)
class Curves:
    """All measures of a run: losses first, then accuracies, then the rest."""

    epochs: NDArray[np.float64]
    measures: tuple[Measure, ...]


def read_history(source: Any) -> Curves:
    """The curves in a History, a dict of lists, a DataFrame, a run folder or a `history.csv`.

    Raises MissingFileError, ArgumentError for other things, DataError where there is nothing to draw.
    """
    columns = {str(name): _numbers(values, str(name)) for name, values in _columns(source).items()}
    names = [name for name in columns if name not in ASIDE]
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
    measures = [Measure(name, columns.get(name), columns.get(f"val_{name}")) for name in plain]
    epochs = columns.get("epoch")
    if epochs is None or len(epochs) not in lengths:
        epochs = np.arange(1, lengths.pop() + 1, dtype=np.float64)
    return Curves(epochs, tuple(sorted(measures, key=_rank)))


def _rank(measure: Measure) -> tuple[int, str]:
    if measure.name == "loss":
        return 0, ""
    return (1 if "acc" in measure.name else 2), measure.name


def _columns(source: Any) -> Mapping[Any, Any]:
    if isinstance(source, RunFolder):
        return source.read_history()
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return RunFolder(path.parent if path.suffix == ".csv" else path).read_history()
    history = getattr(source, "history", source)
    if isinstance(history, Mapping):
        return history
    if hasattr(history, "columns") and hasattr(history, "to_numpy"):
        return {name: history[name].to_numpy() for name in history.columns}
    raise ArgumentError(
        f"a history is what fit returns, a dict of lists, a DataFrame or a run folder. "
        f"Received: {type(source).__name__}",
        hint="history = model.fit(...); scallion.plot(history)",
    )


def _numbers(values: Any, name: str) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values, np.float64)
        # A metric with a number a class has a row an epoch: its mean is drawn.
        return numbers.mean(axis=1) if numbers.ndim == 2 else numbers.reshape(-1)
    except (TypeError, ValueError):
        raise DataError(
            f"the column {name!r} of the history holds no numbers",
            hint=f"leave it out: history.drop(columns={name!r})",
        ) from None
