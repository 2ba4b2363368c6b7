"""The running means of an epoch: losses weighted by batch size, and metrics."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from scallion.engine import IndexedBatch, StepResult
from scallion.metrics import Metric


class TrackedMetric(NamedTuple):
    """A metric with its name in the logs, its output, and whether image weights count in it."""

    key: str
    metric: Metric
    output: int
    is_weighted: bool


class EpochMetrics:
    """What an epoch has come to so far. `logs()` reads it, in the order of Keras: by name."""

    def __init__(self, measures: tuple[TrackedMetric, ...], loss_names: tuple[str, ...]) -> None:
        self.measures = measures
        self.loss_names = loss_names
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self._images = 0
        self._loss = 0.0
        self._losses = [0.0] * len(self.loss_names)
        for measure in self.measures:
            measure.metric.reset_state()

    def add(self, batch: IndexedBatch, result: StepResult) -> None:
        """Take in one batch and what came out of it."""
        images = len(batch.indices)
        self._images += images
        self._loss += result.loss * images
        for place in range(len(self._losses)):
            self._losses[place] += result.losses[place] * images
        for _, metric, output, is_weighted in self.measures:
            if is_weighted:
                metric.update_state(batch.targets[output], result.outputs[output], batch.weights)
            else:
                metric.update_state(batch.targets[output], result.outputs[output])

    def logs(self) -> dict[str, Any]:
        """The means so far, sorted by name: `accuracy`, `loss`.

        Numbers, or an array where a metric has a number a class or threshold.
        """
        images = max(self._images, 1)
        found: dict[str, Any] = {"loss": self._loss / images}
        found |= {measure.key: _plain(measure.metric.result()) for measure in self.measures}
        pairs = zip(self.loss_names, self._losses, strict=True)
        found |= {name: total / images for name, total in pairs}
        return dict(sorted(found.items()))

    def get_state(self) -> dict[str, Any]:
        """The sums so far, and those of each metric."""
        return {
            "images": self._images,
            "loss": self._loss,
            "losses": list(self._losses),
            "metrics": [measure.metric.get_state() for measure in self.measures],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from sums that `get_state` gave."""
        self._images, self._loss = int(state["images"]), float(state["loss"])
        self._losses = list(state["losses"])
        for measure, own in zip(self.measures, state["metrics"], strict=True):
            measure.metric.set_state(own)

    def as_list(self, logs: dict[str, Any]) -> Any:
        """The means as `evaluate` returns them: the loss first, then metrics as they were given."""
        names = ["loss", *(m.metric.name for m in self.measures), *self.loss_names]
        first = [name for name in dict.fromkeys(names) if name in logs]
        values = [logs[name] for name in (*first, *(key for key in logs if key not in first))]
        return values[0] if len(values) == 1 else values


def _plain(value: Any) -> Any:
    """A number where there is one, else an array."""
    return float(value) if np.size(value) == 1 else np.asarray(value)
