"""The diagnosis of a saved run: findings from its curves, predictions, network and data."""

from collections.abc import Sequence
from math import nan

from scallion import insight
from scallion.findings import Finding, worst_first
from scallion.runs.inspection.cross_validation import out_of_fold_predictions
from scallion.runs.inspection.saved_run import SavedRun


def diagnose_run(saved: SavedRun) -> list[Finding]:
    """Return all findings about a run, the most severe first.

    A run without a model is diagnosed from its curves, and a run without a completed epoch has no
    findings. Raises MissingFileError, FileError, and StateError if the run or its data changed.
    """
    known = insight.Measurements(
        classes=len(saved.class_names),
        non_finite_layer=saved.evaluation.get("non_finite_layer"),
    )
    if saved.evaluation.get("status") == "diverged":
        return insight.diagnose(_curves_until_divergence(saved), known)
    if not saved.run.history.is_file():
        return []
    if not saved.run.model.is_file():
        return insight.diagnose(saved.history, known)
    found = insight.diagnose(saved.history, saved.measurements)
    return worst_first([*found, *saved.data.findings])


def add_label_findings(saved: SavedRun, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with one about likely wrong training labels; trains three networks."""
    train = saved.splits.train
    predictions = out_of_fold_predictions(
        train.x, train.y, len(saved.class_names), scale=saved.config["preprocessing"]["scale"]
    )
    wrong_labels = insight.noisy_labels_finding(predictions, saved.class_names)
    return worst_first([*findings, *([wrong_labels] if wrong_labels else [])])


def _curves_until_divergence(saved: SavedRun) -> dict[str, list[float]]:
    """Return the curves with the epoch that was not completed, as NaN."""
    stored = saved.history if saved.run.history.is_file() else {}
    done = stored.get("epoch", [])
    curves = {name: [*values, nan] for name, values in stored.items()}
    return {
        **(curves or {"loss": [nan]}),
        "epoch": [*done, len(done) + 1],
        "learning_rate": [saved.config["learning_rate"]] * (len(done) + 1),
    }
