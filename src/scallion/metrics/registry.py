"""Metrics by name, class, function or config; "accuracy" is chosen by the shapes."""

from collections.abc import Mapping
from inspect import isclass
from typing import Any, TypeGuard

from scallion import custom_objects, session
from scallion.class_registry import classes_defined_in, serialize_object
from scallion.errors import UnknownNameError
from scallion.metrics import (
    accuracy_metrics,
    auc,
    confusion_metrics,
    f_score_metrics,
    iou_metrics,
    loss_metrics,
    r2_score,
    reduction_metrics,
    threshold_search,
)
from scallion.metrics.accuracy_metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
)
from scallion.metrics.loss_metrics import (
    BinaryCrossentropy,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from scallion.metrics.metric import Metric
from scallion.metrics.reduction_metrics import MeanMetricWrapper

_MODULES = (
    accuracy_metrics,
    auc,
    confusion_metrics,
    f_score_metrics,
    iou_metrics,
    loss_metrics,
    r2_score,
    reduction_metrics,
    threshold_search,
)
_CLASSES: tuple[type[Metric], ...] = tuple(
    kind for kind in classes_defined_in(_MODULES, Metric) if kind is not MeanMetricWrapper
)
_BY_NAME: dict[str, type[Metric]] = {
    **{kind.__name__: kind for kind in _CLASSES},
    **{session.snake_case(kind.__name__): kind for kind in _CLASSES},
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


def get(identifier: Any) -> Metric | None:
    """Return the metric for a metric, its name, class, config or function; None for None.

    A function `fn(y_true, y_pred)` must return one value per image; the metric is its mean. Raises
    UnknownNameError for an unknown name.
    """
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    if _is_config(identifier):
        name = identifier.get("registered_name") or identifier["class_name"]
        kind = custom_objects.find(name) or _class_named(identifier["class_name"])
        return kind.from_config(identifier.get("config", {}))
    if isclass(identifier) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        name = getattr(identifier, "__name__", type(identifier).__name__)
        return MeanMetricWrapper(identifier, session.snake_case(name))
    custom = custom_objects.find(identifier)
    return _class_named(identifier)() if custom is None else get(custom)


def resolve(
    identifier: Any, target_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]
) -> Metric:
    """Return a metric as `compile` takes it, named as in Keras' history.

    The shapes decide which accuracy "accuracy" and "acc" are: binary, sparse or categorical. They
    include the batch: targets of (None,) or (None, 1), outputs of (None, 10). Raises what `get`
    raises.
    """
    if not isinstance(identifier, str):
        metric = get(identifier)
        if metric is None:
            raise UnknownNameError("metric", None, [*_BY_NAME, "accuracy"])
        return metric
    if identifier.lower() in ("accuracy", "acc"):
        return _accuracy(target_shape, output_shape)(name=identifier)
    custom = custom_objects.find(identifier)
    if custom is None:
        return _class_named(identifier)(name=identifier)
    metric = get(custom)
    if metric is None:
        raise UnknownNameError("metric", identifier, _BY_NAME)
    metric.name = identifier
    return metric


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


def _class_named(name: Any) -> type[Metric]:
    if isinstance(name, str) and name in _BY_NAME:
        return _BY_NAME[name]
    raise UnknownNameError("metric", name, _BY_NAME)


def serialize(metric: Metric) -> dict[str, Any]:
    """Return the metric as Keras writes it into a model file."""
    return serialize_object("keras.metrics", metric)


def deserialize(config: Mapping[str, Any]) -> Metric | None:
    """Return the metric that `serialize` wrote. Raises UnknownNameError."""
    return get(config)
