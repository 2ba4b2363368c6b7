"""Registries of classes by name, derived from the modules that define the classes."""

from collections.abc import Sequence
from types import ModuleType
from typing import TypeVar

_Base = TypeVar("_Base")


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
