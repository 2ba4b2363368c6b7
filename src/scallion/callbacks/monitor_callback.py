"""MonitorCallback: the base class of callbacks that compare a loss or metric between epochs."""

import warnings

import numpy as np

from scallion.callbacks.callback import Callback
from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import checked_float


class MonitorCallback(Callback):
    """Base class of callbacks that monitor a loss or metric.

    `mode` is "min", "max" or "auto", which derives the direction from the metric. Raises
    ArgumentError, during training, for a metric whose direction is unknown.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0.0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"the mode of {type(self).__name__} is 'auto', 'min' or 'max'; 'auto' is used. "
                f"Received: mode={mode!r}",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(checked_float("min_delta", min_delta))
        self._minimizes: bool | None = None

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        if np.ndim(value):
            raise ArgumentError(
                f"{type(self).__name__} monitors a single value, and {self.monitor!r} has one per "
                f"class. Received: {np.size(value)} values",
                hint='monitor an average: Precision(average="macro")',
            )
        if self._minimizes is None:
            self._minimizes = self._should_minimize()
        if np.isnan(value):
            return False
        if reference is None:
            return True
        if self._minimizes:
            return bool(value + self.min_delta < reference)
        return bool(value - self.min_delta > reference)

    def _should_minimize(self) -> bool:
        if self.mode != "auto":
            return self.mode == "min"
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return True
        for metric in getattr(self.model, "metrics", []):
            if metric.name == name and metric.direction:
                return metric.direction == "down"
        raise ArgumentError(
            f"{type(self).__name__} does not know whether {self.monitor!r} should be high or low",
            hint='mode="max" if higher is better, mode="min" if lower is',
        )
