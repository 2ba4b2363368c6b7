"""Runs: training with three splits, the run folder, and inspection of saved runs."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Classification": ".inspection.classifier",
    "Classifier": ".inspection.classifier",
    "Environment": ".folder.environment",
    "Forecast": ".training.time_budget",
    "ImageOptions": ".training.run_data",
    "InputBatch": ".inspection.predict_inputs",
    "PreparedRun": ".training.preparation",
    "RunComparison": ".inspection.run_comparison",
    "RunEvaluation": ".inspection.run_evaluation",
    "RunFolder": ".folder.run_folder",
    "RunResult": ".training.run_result",
    "RunSummary": ".folder.listing",
    "SavedRun": ".inspection.saved_run",
    "Score": ".training.run_result",
    "Settings": ".training.preparation",
    "StepPlan": ".training.step_plan",
    "StepSchedule": ".training.step_schedule",
    "TimeBudget": ".training.time_budget",
    "add_label_findings": ".inspection.run_diagnosis",
    "augmentation_layers": ".training.preparation",
    "compare_runs": ".inspection.run_comparison",
    "create_run_folder": ".training.train",
    "diagnose_run": ".inspection.run_diagnosis",
    "evaluate_run": ".inspection.run_evaluation",
    "fit_to_time": ".training.time_budget",
    "forecast": ".training.time_budget",
    "list_runs": ".folder.listing",
    "open_run": ".inspection.saved_run",
    "prediction_rows": ".inspection.predict_inputs",
    "prepare": ".training.preparation",
    "read_histories": ".inspection.run_comparison",
    "read_inputs": ".inspection.predict_inputs",
    "remove_run": ".folder.listing",
    "reopen_run": ".training.resuming",
    "resume": ".training.resuming",
    "train": ".training.train",
    "write_predictions_csv": ".inspection.predict_inputs",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.runs", _HOMES)
