"""Recipes of losses and metrics."""

import inspect
from typing import Any

import numpy as np

from name_uses.inputs import LABELS, PROBABILITIES
from name_uses.steps import Recipes, make_instance


def _loss(library: Any, kind: Any) -> Any:
    name = getattr(kind, "__name__", "").lower().replace("_", "")
    is_integer = name.startswith(("sparse", "circle", "categoricalgeneralized"))
    targets = LABELS // 2 if is_integer else np.eye(5, dtype=np.float32)[LABELS]
    weights = np.array([1, 2, 0, 1], np.float32)
    if inspect.isclass(kind):
        return [kind()(targets, PROBABILITIES), kind()(targets, PROBABILITIES, weights)]
    if name.startswith("categoricalgeneralized"):
        return kind(targets, library.ops.convert_to_tensor(PROBABILITIES), q=0.5)
    return kind(targets, PROBABILITIES)


def _metric(library: Any, kind: Any) -> Any:
    if not inspect.isclass(kind):
        return _loss(library, kind)
    name = kind.__name__
    targets: Any = np.eye(5, dtype=np.float32)[LABELS]
    outputs: Any = PROBABILITIES
    if name.startswith("Sparse"):
        targets = LABELS
    if name in ("Accuracy", "IoU", "MeanIoU"):
        targets, outputs = LABELS, np.array([0, 2, 2, 3])
    if name == "BinaryIoU":
        targets, outputs = targets[:, 0], outputs[:, 0]
    metric = make_instance(kind)
    if name in ("Mean", "Sum"):
        metric.update_state(outputs)
        metric.update_state(outputs[:2], sample_weight=np.float32(0.5))
    else:
        metric.update_state(targets, outputs)
        metric.update_state(targets[::-1].copy(), outputs, sample_weight=np.ones(4, np.float32) / 2)
    return [metric.name, metric.result()]


def _base_loss(library: Any, base: Any) -> Any:
    class Squared(base):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return library.ops.mean(library.ops.square(y_pred - y_true), axis=-1)

    return Squared()(np.eye(5, dtype=np.float32)[LABELS], PROBABILITIES)


def _base_metric(library: Any, base: Any) -> Any:
    class Count(base):
        def __init__(self, name: str = "count", **options: Any) -> None:
            super().__init__(name=name, **options)
            self.total = self.add_weight(name="total", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.total.assign(self.total + float(len(y_true)))

        def result(self) -> Any:
            return self.total

    metric = Count()
    metric.update_state(LABELS, LABELS)
    metric.update_state(LABELS, LABELS)
    return [metric.name, float(metric.result())]


def _wrapped_metric(library: Any, kind: Any) -> Any:
    metric = kind(lambda y_true, y_pred: library.ops.abs(y_true - y_pred), name="error")
    metric.update_state(np.ones((4, 5), np.float32), PROBABILITIES)
    return [metric.name, metric.result()]


RECIPES: Recipes = {
    "losses": _loss,
    "metrics": _metric,
}


SPECIAL: Recipes = {
    "losses.Loss": _base_loss,
    "metrics.MeanMetricWrapper": _wrapped_metric,
    "metrics.Metric": _base_metric,
}
