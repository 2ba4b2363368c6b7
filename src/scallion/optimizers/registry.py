"""Optimizers by name, class or config."""

from collections.abc import Mapping
from typing import Any

from scallion.class_registry import classes_defined_in
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.optimizers import adadelta, adagrad, adam, adamax, lion, rmsprop, sgd
from scallion.optimizers.optimizer import Optimizer

_CLASSES: tuple[type[Optimizer], ...] = classes_defined_in(
    (adadelta, adagrad, adam, adamax, lion, rmsprop, sgd), Optimizer
)
_BY_NAME: dict[str, type[Optimizer]] = {kind.__name__.lower(): kind for kind in _CLASSES}
# Optimizers of Keras that are missing here, and the nearest that is not.
_INSTEAD = {
    "adafactor": "Adam", "ftrl": "Adagrad", "lossscaleoptimizer": "Adam", "muon": "AdamW",
    "nadam": "Adam",
}  # fmt: skip


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
    return {
        "module": "keras.optimizers",
        "class_name": type(optimizer).__name__,
        "config": optimizer.get_config(),
        "registered_name": None,
    }


def deserialize(config: Mapping[str, Any]) -> Optimizer:
    """Return the optimizer that `serialize` wrote, without its state. Raises UnknownNameError."""
    return _class_named(config.get("class_name")).from_config(config.get("config", {}))


def _class_named(name: Any) -> type[Optimizer]:
    if isinstance(name, str) and name.lower() in _BY_NAME:
        return _BY_NAME[name.lower()]
    if isinstance(name, str) and name.lower() in _INSTEAD:
        raise UnsupportedError(
            f"there is no optimizer {name!r} here",
            hint=f"{_INSTEAD[name.lower()]} comes closest",
            field="optimizer",
            value=name,
        )
    raise UnknownNameError("optimizer", name, [kind.__name__ for kind in _CLASSES])
