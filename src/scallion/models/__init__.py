"""Models: described by layers, trained by the engine, kept in `.keras` files."""

from typing import Any

from scallion.models.model import Model
from scallion.models.sequential import Sequential

_SAVING = ("load_model", "save_model")

__all__ = ["Model", "Sequential", *_SAVING]


def __getattr__(name: str) -> Any:
    if name in _SAVING:
        from scallion.models import saving

        return getattr(saving, name)
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.models", name, __all__)
