"""Studies: many runs with one question, from a small file; answers in words from the numbers."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Trial": ".samplers",
    "Estimate": ".answers.statistics",
    "TrialResult": ".results",
    "Study": ".plan",
    "StudyAnswer": ".answers.study_answers",
    "answer": ".answers.study_answers",
    "make_trials": ".samplers",
    "draw": ".study_figure",
    "find": ".plan",
    "names": ".plan",
    "open_folder": ".study_folder",
    "read_results": ".results",
    "run": ".scheduler",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.study", _HOMES)
