"""Losses by name, class, function or config; "crossentropy" is chosen by the shapes."""

from collections.abc import Mapping
from typing import Any

from scallion import custom_objects, session
from scallion.class_registry import classes_defined_in, serialize_object
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.losses import (
    crossentropy,
    focal_crossentropy,
    hinge_losses,
    overlap,
    probabilistic,
    regression,
)
from scallion.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from scallion.losses.function_loss import FunctionLoss
from scallion.losses.loss import Loss
from scallion.losses.probabilistic import KLDivergence
from scallion.losses.regression import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)

_MODULES = (crossentropy, focal_crossentropy, hinge_losses, overlap, probabilistic, regression)
_CLASSES: tuple[type[Loss], ...] = classes_defined_in(_MODULES, Loss)
_BY_NAME: dict[str, type[Loss]] = {
    **{kind.__name__: kind for kind in _CLASSES},
    **{session.snake_case(kind.__name__): kind for kind in _CLASSES},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "kld": KLDivergence,
    "KLD": KLDivergence,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "MAPE": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError,
}
# Each class has its function beside it: MeanSquaredError and mean_squared_error.
_BY_FUNCTION: dict[Any, type[Loss]] = {
    getattr(module, session.snake_case(kind.__name__)): kind
    for module in _MODULES
    for kind in _CLASSES
    if kind.__module__ == module.__name__
}
# Losses of Keras that are missing here, as scripts name them.
_MISSING = frozenset(("ctc",))


def get(identifier: Any) -> Loss | None:
    """Return the loss for a loss, its name, class, function or config; None for None.

    A custom function `fn(y_true, y_pred)` returns values to average; its gradient is derived.
    Raises UnknownNameError for an unknown name, UnsupportedError for one of Keras that is missing.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        custom = custom_objects.find(identifier)
        return _class_named(identifier)(name=identifier) if custom is None else get(custom)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        name = identifier.get("registered_name") or identifier["class_name"]
        kind = custom_objects.find(name) or _class_named(identifier["class_name"])
        return kind.from_config(identifier.get("config", {}))
    if callable(identifier):
        if identifier in _BY_FUNCTION:
            return _BY_FUNCTION[identifier]()
        return FunctionLoss(identifier)
    raise UnknownNameError("loss", identifier, _BY_NAME)


def resolve(
    identifier: Any, target_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> Loss | None:
    """Return a loss as `compile` takes it; the shapes decide for "crossentropy" and "ce".

    Shapes include the batch: targets of (n, 1) or (n,), outputs of (n, 10). Raises what `get`
    raises.
    """
    if not isinstance(identifier, str) or identifier.lower() not in ("crossentropy", "ce"):
        return get(identifier)
    if output_shape[-1] == 1:
        return BinaryCrossentropy(name=identifier)
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return SparseCategoricalCrossentropy(name=identifier)
    return CategoricalCrossentropy(name=identifier)


def _class_named(name: Any) -> type[Loss]:
    if isinstance(name, str) and name in _BY_NAME:
        return _BY_NAME[name]
    if isinstance(name, str) and session.snake_case(name) in _MISSING:
        raise UnsupportedError(
            f"there is no loss {name!r} here",
            hint=f"use one of {', '.join(kind.__name__ for kind in _CLASSES)}",
            field="loss",
            value=name,
        )
    raise UnknownNameError("loss", name, _BY_NAME)


def serialize(loss: Loss) -> dict[str, Any]:
    """Return the loss as Keras writes it into a model file."""
    return serialize_object("keras.losses", loss)


def deserialize(config: Mapping[str, Any]) -> Loss | None:
    """Return the loss that `serialize` wrote. Raises UnknownNameError."""
    return get(config)
