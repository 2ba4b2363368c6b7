"""Initializers by name, class or config."""

from collections.abc import Mapping
from typing import Any, cast

from scallion import session
from scallion.class_registry import classes_defined_in, serialize_object
from scallion.errors import UnknownNameError
from scallion.initializers import constant_initializers, random_initializers
from scallion.initializers.constant_initializers import Identity, Ones, Zeros
from scallion.initializers.initializer import FunctionInitializer, Initializer
from scallion.initializers.random_initializers import Orthogonal, RandomNormal, RandomUniform

_CLASSES: tuple[type[Initializer], ...] = classes_defined_in(
    (constant_initializers, random_initializers), Initializer
)
_BY_NAME: dict[str, type[Initializer]] = {
    session.snake_case(kind.__name__): kind for kind in _CLASSES
}
_ALIASES: dict[str, type[Initializer]] = {
    **{kind.__name__: kind for kind in _CLASSES},
    "IdentityInitializer": Identity,
    "OrthogonalInitializer": Orthogonal,
    "normal": RandomNormal,
    "one": Ones,
    "uniform": RandomUniform,
    "zero": Zeros,
}


def get(identifier: Any) -> Initializer:
    """Return the initializer for an initializer, its class, name, config, or a function.

    Raises UnknownNameError for an unknown name.
    """
    if isinstance(identifier, Initializer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier) and not isinstance(identifier, type):
        return FunctionInitializer(identifier)
    if isinstance(identifier, Mapping):
        return deserialize(cast("Mapping[str, Any]", identifier))
    return _class_named(identifier)()


def serialize(initializer: Initializer) -> dict[str, Any]:
    """Return the initializer as Keras writes it into a layer's config.

    A file holds no function: there it is Keras' default, and the weights are in the file anyway.
    """
    if isinstance(initializer, FunctionInitializer):
        initializer = random_initializers.GlorotUniform()
    return serialize_object("keras.initializers", initializer)


def deserialize(config: Mapping[str, Any]) -> Initializer:
    """Return the initializer that `serialize` wrote. Raises UnknownNameError."""
    return _class_named(config.get("class_name")).from_config(config.get("config") or {})


def _class_named(name: Any) -> type[Initializer]:
    kind = _BY_NAME.get(name) or _ALIASES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise UnknownNameError("initializer", name, _BY_NAME)
    return kind
