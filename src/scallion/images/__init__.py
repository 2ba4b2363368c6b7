"""Pictures of your own: reading, sizing, splitting, checking."""

from importlib import import_module
from typing import Any

from scallion.errors import unknown_attribute

_HOMES = {
    "Augmentation": "augmenting",
    "ImageSet": "loading",
    "Sizing": "sizing",
    "check": "checking",
    "contact_sheet": "sheet",
    "load": "loading",
    "policy": "augmenting",
    "suspicious_sheet": "sheet",
    "written": "augmenting",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"scallion.images.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise unknown_attribute("scallion.images", name, __all__)


def __dir__() -> list[str]:
    return __all__
