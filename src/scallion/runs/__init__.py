"""Runs: training with three splits, and the folder that keeps what happened."""

from scallion.lazy import attributes

_HOMES = {
    "Asked": ".asking",
    "Classified": ".classifier",
    "Classifier": ".classifier",
    "Compared": ".comparing",
    "Deadline": ".budget",
    "Environment": ".environment",
    "Evaluated": ".evaluating",
    "Forecast": ".budget",
    "Guess": ".classifier",
    "Listed": ".listing",
    "OpenRun": ".opened",
    "Outcome": ".outcome",
    "Pictures": ".data",
    "Preparation": ".preparation",
    "RunFolder": ".folder",
    "Score": ".outcome",
    "Settings": ".preparation",
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
__getattr__, __dir__ = attributes("scallion.runs", _HOMES)
