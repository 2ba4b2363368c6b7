"""Registries of classes by name, and the configs by which Keras' files name a class."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, Protocol, TypeVar

_Base = TypeVar("_Base")


class _Configurable(Protocol):
    def get_config(self) -> dict[str, Any]: ...


def classes_defined_in(modules: Sequence[ModuleType], base: type[_Base]) -> tuple[type[_Base], ...]:
    """Return the public subclasses of `base` that the modules define, sorted by name.

    Classes that a module only imports are left out, so that each class is found once.
    """
    found = {
        value.__name__: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, base)
        and value is not base
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
    return tuple(found[name] for name in sorted(found))


def serialize_object(module: str, instance: _Configurable) -> dict[str, Any]:
    """Return an object as Keras writes it into a file; `module` is Keras' module of its class."""
    return {
        "module": module,
        "class_name": type(instance).__name__,
        "config": instance.get_config(),
        "registered_name": None,
    }
