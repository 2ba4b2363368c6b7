"""Optimizers by name."""

from collections.abc import Mapping
from typing import Any

from scallion.errors import UnknownNameError, UnsupportedError
from scallion.optimizers.adam import Adam, AdamW
from scallion.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from scallion.optimizers.optimizer import Optimizer
from scallion.optimizers.sgd import SGD
from scallion.optimizers.signed import Adamax, Lion

_KINDS = (SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, RMSprop)
# Keras' optimizers that are not there, and what comes closest.
_INSTEAD = {
    "adafactor": "Adam", "ftrl": "Adagrad", "lossscaleoptimizer": "Adam", "muon": "AdamW",
    "nadam": "Adam",
}  # fmt: skip
_BY_NAME: dict[str, type[Optimizer]] = {kind.__name__.lower(): kind for kind in _KINDS}


def get(identifier: Any) -> Optimizer:
    """An optimizer from itself, its name in any case, its class or its config.

    Raises UnknownNameError with the nearest name.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # pyright: ignore[reportCallIssue] every kind has a default rate
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        return _kind(identifier["class_name"]).from_config(identifier.get("config", {}))
    return _kind(identifier)()  # pyright: ignore[reportCallIssue]


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer as Keras writes it into a model's config."""
    return {
        "module": "keras.optimizers",
        "class_name": type(optimizer).__name__,
        "config": optimizer.get_config(),
        "registered_name": None,
    }


def deserialize(config: Mapping[str, Any]) -> Optimizer:
    """The optimizer that `serialize` wrote, without its state. Raises UnknownNameError."""
    return _kind(config.get("class_name")).from_config(config.get("config", {}))


def _kind(name: Any) -> type[Optimizer]:
    if isinstance(name, str) and name.lower() in _BY_NAME:
        return _BY_NAME[name.lower()]
    if isinstance(name, str) and name.lower() in _INSTEAD:
        raise UnsupportedError(
            f"there is no optimizer {name!r} here", hint=f"{_INSTEAD[name.lower()]} comes closest"
        )
    raise UnknownNameError("optimizer", name, [kind.__name__ for kind in _KINDS])
