"""Losses by name, and the word `crossentropy`, which means what the shapes ask for."""

from collections.abc import Mapping
from typing import Any

from scallion import session
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.losses import functions
from scallion.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from scallion.losses.divergence import KLDivergence
from scallion.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from scallion.losses.hinge import CategoricalHinge, Hinge, SquaredHinge
from scallion.losses.loss import Loss
from scallion.losses.regression import Huber, LogCosh, MeanAbsoluteError, MeanSquaredError
from scallion.losses.relative import (
    CosineSimilarity,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
)

_KINDS: tuple[type[Loss], ...] = (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
_BY_NAME: dict[str, type[Loss]] = {
    **{kind.__name__: kind for kind in _KINDS},
    **{session.snake_case(kind.__name__): kind for kind in _KINDS},
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
# Keras' losses that are not there, as scripts name them.
_ABSENT = frozenset(("ctc", "circle", "dice", "tversky", "categorical_generalized_cross_entropy"))
_BY_FUNCTION: dict[Any, type[Loss]] = {
    getattr(functions, session.snake_case(kind.__name__)): kind
    for kind in _KINDS
    if kind is not KLDivergence
}
_BY_FUNCTION[functions.kl_divergence] = KLDivergence


def get(identifier: Any) -> Loss | None:
    """A loss from itself, its name, its class, its function or its config; None stays None.

    Raises UnknownNameError for a name that is not there, UnsupportedError for a function of the
    user's own: the engine could not differentiate it.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        return _kind(identifier)(name=identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        return _kind(identifier["class_name"]).from_config(identifier.get("config", {}))
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


def _kind(name: Any) -> type[Loss]:
    if isinstance(name, str) and name in _BY_NAME:
        return _BY_NAME[name]
    if isinstance(name, str) and session.snake_case(name) in _ABSENT:
        raise UnsupportedError(
            f"there is no loss {name!r} here",
            hint=f"use one of {', '.join(kind.__name__ for kind in _KINDS)}",
        )
    raise UnknownNameError("loss", name, _BY_NAME)


def serialize(loss: Loss) -> dict[str, Any]:
    """The loss as Keras writes it into a model's file."""
    return {
        "module": "keras.losses",
        "class_name": type(loss).__name__,
        "config": loss.get_config(),
        "registered_name": None,
    }


def deserialize(config: Mapping[str, Any]) -> Loss | None:
    """The loss that `serialize` wrote. Raises UnknownNameError."""
    return get(config)
