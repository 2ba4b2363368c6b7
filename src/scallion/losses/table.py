"""Losses by name, and the word `crossentropy`, which means what the shapes ask for."""

from collections.abc import Mapping
from typing import Any

from scallion import session
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.losses import functions
from scallion.losses.base import Loss
from scallion.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from scallion.losses.regression import MeanAbsoluteError, MeanSquaredError

_KINDS: tuple[type[Loss], ...] = (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
_BY_NAME: dict[str, type[Loss]] = {
    **{kind.__name__: kind for kind in _KINDS},
    **{session.snake_case(kind.__name__): kind for kind in _KINDS},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
}
_BY_FUNCTION: dict[Any, type[Loss]] = {
    functions.binary_crossentropy: BinaryCrossentropy,
    functions.categorical_crossentropy: CategoricalCrossentropy,
    functions.mean_absolute_error: MeanAbsoluteError,
    functions.mean_squared_error: MeanSquaredError,
    functions.sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Loss | None:
    """A loss from itself, its name, its class, its function or its config; None stays None.

    Raises UnknownNameError for a name that is not there, UnsupportedError for a function of the
    user's own: the engine could not differentiate it.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        if identifier not in _BY_NAME:
            raise UnknownNameError("loss", identifier, _BY_NAME)
        return _BY_NAME[identifier](name=identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        name = identifier["class_name"]
        if name not in _BY_NAME:
            raise UnknownNameError("loss", name, _BY_NAME)
        return _BY_NAME[name].from_config(identifier.get("config", {}))
    if callable(identifier):
        if identifier in _BY_FUNCTION:
            return _BY_FUNCTION[identifier]()
        raise UnsupportedError(
            "a loss of your own cannot be differentiated here. "
            f"Received: {getattr(identifier, '__name__', identifier)!r}",
            hint=f"use one of {', '.join(kind.__name__ for kind in _KINDS)}",
        )
    raise UnknownNameError("loss", identifier, _BY_NAME)


def resolve(
    identifier: Any, target_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> Loss | None:
    """A loss as `compile` takes it: `"crossentropy"` and `"ce"` are resolved by the shapes.

    Shapes are with the batch: `(n, 1)` or `(n,)` targets, `(n, 10)` outputs.
    """
    if not isinstance(identifier, str) or identifier.lower() not in ("crossentropy", "ce"):
        return get(identifier)
    if output_shape[-1] == 1:
        return BinaryCrossentropy(name=identifier)
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return SparseCategoricalCrossentropy(name=identifier)
    return CategoricalCrossentropy(name=identifier)
