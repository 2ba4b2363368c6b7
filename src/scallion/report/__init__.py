"""What a run looks like: curves as a picture, and everything in words."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "answers_as_table": ".tables",
    "checkup_in_words": ".checkup",
    "comparison_as_table": ".tables",
    "comparison_in_words": ".tables",
    "describe": ".description",
    "evaluation_as_table": ".tables",
    "examine": ".checkup",
    "examine_run": ".diagnosis",
    "explain_image": ".explained",
    "findings_in_brief": ".diagnosis",
    "findings_in_words": ".diagnosis",
    "forecast_in_words": ".words",
    "outcome_in_words": ".words",
    "overlay": ".overlay",
    "plan_in_words": ".words",
    "plot": ".curves",
    "read_history": ".history",
    "report_as_dict": ".onefile",
    "runs_as_table": ".tables",
    "save_curves": ".curves",
    "save_evaluation": ".evaluated",
    "summary_as_dict": ".network",
    "with_labels": ".diagnosis",
    "write_report": ".onefile",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.report", _HOMES)
