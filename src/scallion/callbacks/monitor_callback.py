"""Callbacks that watch one number and know which way is better."""

import warnings

import numpy as np

from scallion.callbacks.callback import Callback
from scallion.errors import ArgumentError


class MonitorCallback(Callback):
    """The base of callbacks that watch a loss or metric: `monitor`, `mode`, `min_delta`."""

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
                f"{type(self).__name__} knows the modes 'auto', 'min' and 'max', so it takes "
                f"'auto'. Received: mode={mode!r}",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self._falls: bool | None = None

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        if np.ndim(value):
            raise ArgumentError(
                f"{type(self).__name__} watches one number, and {self.monitor!r} has one a class. "
                f"Received: {np.size(value)} numbers",
                hint='watch a mean: Precision(average="macro")',
            )
        if self._falls is None:
            self._falls = self._should_fall()
        if reference is None:
            return True
        if self._falls:
            return bool(value + self.min_delta < reference)
        return bool(value - self.min_delta > reference)

    def _should_fall(self) -> bool:
        if self.mode != "auto":
            return self.mode == "min"
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return True
        for metric in getattr(self.model, "metrics", []):
            if metric.name == name and metric.direction:
                return metric.direction == "down"
        raise ArgumentError(
            f"{type(self).__name__} cannot tell whether {self.monitor!r} is better high or low",
            hint='mode="max" where more is better, mode="min" where less is',
        )
