"""Studies: many runs with one question, from a small file; answers in words from the numbers."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Cell": "cells",
    "Estimate": "statistics",
    "Result": "results",
    "Study": "plan",
    "Verdict": "verdicts",
    "answer": "verdicts",
    "cells_of": "cells",
    "draw": "pictures",
    "find": "plan",
    "names": "plan",
    "open_folder": "outcome",
    "read_results": "results",
    "run": "running",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"scallion.study.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.study", name, __all__)


def __dir__() -> list[str]:
    return __all__
