"""Runs: training with three splits, and the folder that keeps what happened."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Asked": "asking",
    "Classified": "classifier",
    "Classifier": "classifier",
    "Compared": "comparing",
    "Deadline": "budget",
    "Environment": "environment",
    "Evaluated": "evaluating",
    "Forecast": "budget",
    "Guess": "classifier",
    "Listed": "listing",
    "Outcome": "outcome",
    "Pictures": "data",
    "Preparation": "preparation",
    "RunFolder": "folder",
    "Score": "outcome",
    "Settings": "preparation",
    "as_rows": "asking",
    "asked_images": "asking",
    "begin": "training",
    "compare_runs": "comparing",
    "evaluate_run": "evaluating",
    "forecast": "budget",
    "histories": "comparing",
    "list_runs": "listing",
    "open_run": "opened",
    "prepare": "preparation",
    "remove": "listing",
    "reopen": "resuming",
    "resume": "resuming",
    "train": "training",
    "within": "budget",
    "write_csv": "asking",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"scallion.runs.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.runs", name, __all__)


def __dir__() -> list[str]:
    return __all__
