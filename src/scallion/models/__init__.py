"""Models: described by layers, trained by the engine, kept in `.keras` files."""

from importlib import import_module
from typing import Any

from scallion.models.model import Model
from scallion.models.sequential import Sequential

_HOMES = {
    "clone_model": "config",
    "load_model": "saving",
    "model_from_json": "config",
    "save_model": "saving",
}

__all__ = ["Model", "Sequential", *_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"scallion.models.{_HOMES[name]}"), name)
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.models", name, __all__)
