"""Optimizers by name, class or config."""

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from scallion.class_registry import serialize_object
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.optimizers.optimizer import Optimizer

# Optimizers of Keras that are missing here, and the nearest that is not.
_INSTEAD = {
    "adafactor": "Adam", "ftrl": "Adagrad", "lossscaleoptimizer": "Adam", "muon": "AdamW",
}  # fmt: skip


@cache
def _by_name() -> dict[str, type[Optimizer]]:
    """Return the optimizers that the package exports, by name in lower case."""
    package = sys.modules["scallion.optimizers"]
    exported = [getattr(package, name) for name in package.__all__]
    return {
        kind.__name__.lower(): kind
        for kind in exported
        if isinstance(kind, type) and issubclass(kind, Optimizer) and kind is not Optimizer
    }


def get(identifier: Any) -> Optimizer:
    """Return the optimizer for an optimizer, its name in any case, its class or its config.

    Raises UnknownNameError for an unknown name, and UnsupportedError for one of Keras that is
    missing here.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # pyright: ignore[reportCallIssue] every class has a default rate
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        return _class_named(identifier["class_name"]).from_config(identifier.get("config", {}))
    return _class_named(identifier)()  # pyright: ignore[reportCallIssue]


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the optimizer as Keras writes it into a model's config."""
    return serialize_object("keras.optimizers", optimizer)


def deserialize(config: Mapping[str, Any]) -> Optimizer:
    """Return the optimizer that `serialize` wrote, without its state. Raises UnknownNameError."""
    return _class_named(config.get("class_name")).from_config(config.get("config", {}))


def _class_named(name: Any) -> type[Optimizer]:
    if isinstance(name, str) and name.lower() in _by_name():
        return _by_name()[name.lower()]
    if isinstance(name, str) and name.lower() in _INSTEAD:
        raise UnsupportedError(
            f"there is no optimizer {name!r} here",
            hint=f"{_INSTEAD[name.lower()]} comes closest",
            field="optimizer",
            value=name,
        )
    raise UnknownNameError("optimizer", name, sorted(kind.__name__ for kind in _by_name().values()))
