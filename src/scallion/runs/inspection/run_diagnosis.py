"""The diagnosis of a run: findings about its curves, predictions, network and data."""

from collections.abc import Sequence
from math import nan

from scallion import insight
from scallion.findings import Finding, worst_first
from scallion.runs.inspection.cross_validation import out_of_fold_predictions
from scallion.runs.inspection.saved_run import SavedRun


def diagnose_run(saved: SavedRun) -> list[Finding]:
    """Return all findings about a run, the most severe first.

    A run without a model is diagnosed from its curves alone; one that was stopped in its first
    epoch has no findings. Raises MissingFileError, FileError, StateError if the data have changed.
    """
    measurements = insight.Measurements(
        classes=len(saved.class_names), non_finite_layer=saved.outcome.get("non_finite_layer")
    )
    if saved.outcome.get("status") == "diverged":
        return insight.diagnose(_curves_to_divergence(saved), measurements)
    if not saved.run.history.is_file():
        return []
    if not saved.run.model.is_file():
        return insight.diagnose(saved.history, measurements)
    found = insight.diagnose(saved.history, saved.facts)
    return worst_first([*found, *saved.data.notes])


def add_label_findings(saved: SavedRun, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings and one about likely wrong training labels, which trains three networks."""
    train = saved.splits.train
    predictions = out_of_fold_predictions(
        train.x, train.y, len(saved.class_names), scale=saved.config["preprocessing"]["scale"]
    )
    labels = insight.noisy_labels_finding(predictions, saved.class_names)
    return worst_first([*findings, *([labels] if labels else [])])


def _curves_to_divergence(saved: SavedRun) -> dict[str, list[float]]:
    """Return the curves with the epoch that was not completed, whose loss is NaN."""
    history = saved.history if saved.run.history.is_file() else {}
    epochs = history.get("epoch", [])
    curves = {name: [*values, nan] for name, values in history.items()}
    return {
        **(curves or {"loss": [nan]}),
        "epoch": [*epochs, len(epochs) + 1],
        "learning_rate": [saved.config["learning_rate"]] * (len(epochs) + 1),
    }
