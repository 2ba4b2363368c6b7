"""Metrics by name, and the word `accuracy`, which means what the shapes ask for."""

from collections.abc import Mapping
from inspect import isclass
from typing import Any, TypeGuard

from scallion import session
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from scallion.metrics.auc import AUC
from scallion.metrics.confusion_metrics import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from scallion.metrics.f_score_metrics import F1Score, FBetaScore
from scallion.metrics.loss_metrics import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    Sum,
)
from scallion.metrics.metric import Mean, MeanMetricWrapper, Metric
from scallion.metrics.r2_score import R2Score

_KINDS: tuple[type[Metric], ...] = (
    AUC,
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    F1Score,
    FBetaScore,
    FalseNegatives,
    FalsePositives,
    Hinge,
    KLDivergence,
    LogCoshError,
    Mean,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    Precision,
    R2Score,
    Recall,
    RootMeanSquaredError,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SquaredHinge,
    Sum,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)
_BY_NAME: dict[str, type[Metric]] = {
    **{kind.__name__: kind for kind in _KINDS},
    **{session.snake_case(kind.__name__): kind for kind in _KINDS},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "MAPE": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError,
}
# Keras' metrics that are not there, in its spelling without capitals.
_ABSENT = frozenset(
    session.snake_case(name)
    for name in (
        "BinaryIoU", "ConcordanceCorrelation", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU",
        "PearsonCorrelation", "PrecisionAtRecall", "RecallAtPrecision",
        "SensitivityAtSpecificity", "SpecificityAtSensitivity",
    )
)  # fmt: skip


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
    if isinstance(name, str) and session.snake_case(name) in _ABSENT:
        raise UnsupportedError(
            f"there is no metric {name!r} here",
            hint=f"use one of {', '.join(kind.__name__ for kind in _KINDS)}, or a function",
        )
    raise UnknownNameError("metric", name, _BY_NAME)


def serialize(metric: Metric) -> dict[str, Any]:
    """The metric as Keras writes it into a model's file."""
    return {
        "module": "keras.metrics",
        "class_name": type(metric).__name__,
        "config": metric.get_config(),
        "registered_name": None,
    }


def deserialize(config: Mapping[str, Any]) -> Metric | None:
    """The metric that `serialize` wrote. Raises UnknownNameError."""
    return get(config)
