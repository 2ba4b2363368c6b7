"""Studies: many runs planned in one file, and answers to its questions from their results."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Estimate": ".answers.statistics",
    "NamedStudy": ".plan",
    "Study": ".plan",
    "StudyAnswer": ".answers.study_answers",
    "StudyOutcome": ".study_folder",
    "Trial": ".samplers",
    "TrialResult": ".results",
    "answer_questions": ".answers.study_answers",
    "find": ".plan",
    "make_trials": ".samplers",
    "names": ".plan",
    "open_folder": ".study_folder",
    "read_results": ".results",
    "run": ".scheduler",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.study", _HOMES)
