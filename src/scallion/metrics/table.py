"""Metrics by name, and the word `accuracy`, which means what the shapes ask for."""

from collections.abc import Mapping
from inspect import isclass
from typing import Any, TypeGuard

from scallion import session
from scallion.errors import UnknownNameError
from scallion.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from scallion.metrics.area import AUC
from scallion.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from scallion.metrics.fscore import F1Score, FBetaScore
from scallion.metrics.metric import Mean, MeanMetricWrapper, Metric

_KINDS: tuple[type[Metric], ...] = (
    AUC,
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    F1Score,
    FBetaScore,
    FalseNegatives,
    FalsePositives,
    Mean,
    Precision,
    Recall,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)
_BY_NAME: dict[str, type[Metric]] = {
    **{kind.__name__: kind for kind in _KINDS},
    **{session.snake_case(kind.__name__): kind for kind in _KINDS},
}


def get(identifier: Any) -> Metric | None:
    """A metric from itself, its name, its class, its config or a function; None stays None.

    A function `fn(y_true, y_pred)` gives one number an image; its mean is the metric.
    Raises UnknownNameError with the nearest name.
    """
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    if _is_config(identifier):
        return _kind(identifier["class_name"]).from_config(identifier.get("config", {}))
    if isclass(identifier) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        return MeanMetricWrapper(identifier)
    return _kind(identifier)()


def resolve(
    identifier: Any, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]
) -> Metric:
    """A metric as `compile` takes it, named as Keras' history names it.

    `"accuracy"` and `"acc"` become binary, sparse or categorical accuracy by the shapes, which are
    with the batch: `(None,)` or `(None, 1)` targets, `(None, 10)` outputs.
    """
    if not isinstance(identifier, str):
        metric = get(identifier)
        if metric is None:
            raise UnknownNameError("metric", None, [*_BY_NAME, "accuracy"])
        return metric
    if identifier.lower() in ("accuracy", "acc"):
        return _accuracy(target_shape, output_shape)(name=identifier)
    return _kind(identifier)(name=identifier)


def _accuracy(
    target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]
) -> type[Metric]:
    if output_shape[-1] == 1:
        return BinaryAccuracy
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return SparseCategoricalAccuracy
    return CategoricalAccuracy


def _is_config(identifier: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(identifier, Mapping) and "class_name" in identifier


def _kind(name: Any) -> type[Metric]:
    if isinstance(name, str) and name in _BY_NAME:
        return _BY_NAME[name]
    raise UnknownNameError("metric", name, _BY_NAME)
