"""Reports of runs: the HTML report, tables and texts for the terminal, the system check."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "check_system": ".system_check",
    "comparison_table": ".terminal_tables",
    "describe_comparison": ".terminal_tables",
    "evaluation_table": ".terminal_tables",
    "explain_images": ".image_explanation",
    "format_findings": ".findings_text",
    "format_forecast": ".training_text",
    "format_main_findings": ".findings_text",
    "format_result": ".training_text",
    "format_plan": ".training_text",
    "format_system_check": ".system_check",
    "predictions_table": ".terminal_tables",
    "runs_table": ".terminal_tables",
    "save_evaluation_figures": ".evaluation_figures",
    "summary_as_dict": ".model_summary",
    "suggest_short_training": ".training_text",
    "write_report": ".html_report",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.report", _HOMES)
