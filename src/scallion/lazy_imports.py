"""Attributes of packages that are imported when first used, so that importing stays fast."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from scallion.errors import unknown_attribute


def lazy_attributes(
    package: str, modules: Mapping[str, str], *defined: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package.

    Args:
        package: The name of the package.
        modules: The module of each lazy name; a leading dot means relative to the package.
        defined: The public names that the package itself defines.
    """
    names = sorted([*defined, *modules])

    def get(name: str) -> Any:
        if name not in modules:
            raise unknown_attribute(package, name, names)
        value = getattr(import_module(modules[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: names
