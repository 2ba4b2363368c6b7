"""Running averages of losses and metrics over the batches of an epoch."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from scallion.eager_array import eager
from scallion.engine import IndexedBatch, StepResult
from scallion.metrics import Metric


class TrackedMetric(NamedTuple):
    """A metric with its name in the logs, the index of its output, and whether it is weighted."""

    log_name: str
    metric: Metric
    output: int
    is_weighted: bool
    label_shape: tuple[int, ...] | None = None
    """For a custom metric the shape of one image's label, as `fit` got it."""

    def update(self, batch: IndexedBatch, outputs: tuple[np.ndarray, ...]) -> None:
        """Add the outputs of one batch."""
        target, y_pred = batch.targets[self.output], outputs[self.output]
        if self.label_shape is not None:
            target = eager(target.reshape(len(target), *self.label_shape))
            y_pred = eager(y_pred)
        if self.is_weighted:
            self.metric.update_state(target, y_pred, batch.weights)
        else:
            self.metric.update_state(target, y_pred)


class EpochMetrics:
    """The average losses, weighted by batch size, and the metrics of the batches so far."""

    def __init__(self, tracked: tuple[TrackedMetric, ...], loss_names: tuple[str, ...]) -> None:
        self.tracked = tracked
        self.loss_names = loss_names
        self.reset()

    def reset(self) -> None:
        """Reset losses and metrics to their initial state."""
        self._images = 0
        self._loss_sum = 0.0
        self._output_loss_sums = [0.0] * len(self.loss_names)
        for tracked in self.tracked:
            tracked.metric.reset_state()

    def update(self, batch: IndexedBatch, result: StepResult) -> None:
        """Add the losses and outputs of one batch."""
        images = len(batch.indices)
        self._images += images
        self._loss_sum += result.loss * images
        for index in range(len(self._output_loss_sums)):
            self._output_loss_sums[index] += result.losses[index] * images
        for tracked in self.tracked:
            tracked.update(batch, result.outputs)

    def logs(self) -> dict[str, Any]:
        """Return the averages so far, sorted by name as Keras does: `accuracy`, `loss`.

        A value is a float, or an array for a metric with one value per class or threshold.
        """
        images = max(self._images, 1)
        found: dict[str, Any] = {"loss": self._loss_sum / images}
        found |= {t.log_name: _float_or_array(t.metric.result()) for t in self.tracked}
        pairs = zip(self.loss_names, self._output_loss_sums, strict=True)
        found |= {name: total / images for name, total in pairs}
        return dict(sorted(found.items()))

    def get_state(self) -> dict[str, Any]:
        """Return the sums so far and the state of each metric, for `set_state`."""
        return {
            "images": self._images,
            "loss_sum": self._loss_sum,
            "output_loss_sums": list(self._output_loss_sums),
            "metrics": [tracked.metric.get_state() for tracked in self.tracked],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore a state that `get_state` returned."""
        self._images, self._loss_sum = int(state["images"]), float(state["loss_sum"])
        self._output_loss_sums = list(state["output_loss_sums"])
        for tracked, metric_state in zip(self.tracked, state["metrics"], strict=True):
            tracked.metric.set_state(metric_state)

    def in_keras_order(self, logs: dict[str, Any]) -> Any:
        """Return the values of logs as `evaluate` does: loss, metrics as given, output losses.

        A single value is returned without a list.
        """
        names = ["loss", *(t.metric.name for t in self.tracked), *self.loss_names]
        first = [name for name in dict.fromkeys(names) if name in logs]
        values = [logs[name] for name in (*first, *(key for key in logs if key not in first))]
        return values[0] if len(values) == 1 else values


def _float_or_array(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
