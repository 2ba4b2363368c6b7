"""Runs: training with three splits, and the folder that keeps what happened."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Asked": ".asking",
    "Budget": ".budget",
    "Classified": ".classifier",
    "Classifier": ".classifier",
    "Compared": ".comparing",
    "Environment": ".environment",
    "Evaluated": ".evaluating",
    "Forecast": ".budget",
    "Guess": ".classifier",
    "Listed": ".listing",
    "OpenRun": ".opened",
    "Outcome": ".outcome",
    "Pictures": ".data",
    "Preparation": ".preparation",
    "Route": ".route",
    "RunFolder": ".folder",
    "Score": ".outcome",
    "Settings": ".preparation",
    "Steps": ".steps",
    "as_rows": ".asking",
    "asked_images": ".asking",
    "begin": ".training",
    "changes": ".preparation",
    "compare_runs": ".comparing",
    "evaluate_run": ".evaluating",
    "forecast": ".budget",
    "histories": ".comparing",
    "list_runs": ".listing",
    "open_run": ".opened",
    "prepare": ".preparation",
    "remove": ".listing",
    "reopen": ".resuming",
    "resume": ".resuming",
    "train": ".training",
    "within": ".budget",
    "write_csv": ".asking",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.runs", _HOMES)
