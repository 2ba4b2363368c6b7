"""What a run looks like: curves as a picture, and everything in words."""

from importlib import import_module
from typing import Any

_HOMES = {
    "checkup_in_words": "checkup",
    "describe": "description",
    "examine": "checkup",
    "outcome_in_words": "words",
    "plan_in_words": "words",
    "plot": "curves",
    "read_history": "history",
    "save_curves": "curves",
    "summary_as_dict": "network",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"scallion.report.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.report", name, __all__)


def __dir__() -> list[str]:
    return __all__
