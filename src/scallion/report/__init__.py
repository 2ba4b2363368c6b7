"""What a run looks like: curves as a picture, and everything in words."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Subject": "subject",
    "answers_as_table": "tables",
    "checkup_in_words": "checkup",
    "comparison_as_table": "tables",
    "comparison_in_words": "tables",
    "describe": "description",
    "evaluation_as_table": "tables",
    "examine": "checkup",
    "examine_run": "diagnosis",
    "explain_image": "explained",
    "findings_in_brief": "diagnosis",
    "findings_in_words": "diagnosis",
    "forecast_in_words": "words",
    "outcome_in_words": "words",
    "overlay": "overlay",
    "plan_in_words": "words",
    "plot": "curves",
    "read_history": "history",
    "report_as_dict": "onefile",
    "runs_as_table": "tables",
    "save_curves": "curves",
    "summary_as_dict": "network",
    "with_labels": "diagnosis",
    "write_report": "onefile",
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
