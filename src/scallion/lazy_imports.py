"""Names that are imported when they are first used, so that importing their package stays light."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from scallion.errors import unknown_attribute


def lazy_attributes(
    package: str, homes: Mapping[str, str], *there: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`.

    Args:
        package: Its name.
        homes: The module that each name is in; one that begins with a dot is below the package.
        there: The public names that it has without being asked.
    """
    names = sorted([*there, *homes])

    def get(name: str) -> Any:
        if name not in homes:
            raise unknown_attribute(package, name, names)
        value = getattr(import_module(homes[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: names
