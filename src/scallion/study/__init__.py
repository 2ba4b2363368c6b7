"""Studies: many runs with one question, from a small file; answers in words from the numbers."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Cell": ".cells",
    "Estimate": ".statistics",
    "Result": ".results",
    "Study": ".plan",
    "Verdict": ".verdicts",
    "answer": ".verdicts",
    "cells_of": ".cells",
    "draw": ".learning_curves",
    "find": ".plan",
    "names": ".plan",
    "open_folder": ".outcome",
    "read_results": ".results",
    "run": ".running",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.study", _HOMES)
