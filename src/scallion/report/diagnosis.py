"""Findings as they are read: two lines after a training, all of them on demand."""

from collections.abc import Sequence
from math import nan

from scallion import insight
from scallion.findings import Finding, worst_first
from scallion.runs import SavedRun
from scallion.runs.inspection.cross_validation import out_of_fold_predictions

_INDENT = 12


def examine_run(opened: SavedRun) -> list[Finding]:
    """All findings about a run, the weightiest first; from its curves alone where it has no model.

    None where it was stopped before an epoch was completed. Raises MissingFileError, FileError,
    StateError where the run or its data are not as they were.
    """
    known = insight.Measurements(
        classes=len(opened.class_names), non_finite_layer=opened.outcome.get("non_finite_layer")
    )
    if opened.outcome.get("status") == "diverged":
        return insight.diagnose(_until_it_broke(opened), known)
    if not opened.run.history.is_file():
        return []
    if not opened.run.model.is_file():
        return insight.diagnose(opened.history, known)
    found = insight.diagnose(opened.history, opened.facts)
    return worst_first([*found, *opened.data.notes])


def _until_it_broke(opened: SavedRun) -> dict[str, list[float]]:
    """The curves with the epoch that was not completed: its loss is no number."""
    kept = opened.history if opened.run.history.is_file() else {}
    done = kept.get("epoch", [])
    curves = {name: [*values, nan] for name, values in kept.items()}
    return {
        **(curves or {"loss": [nan]}),
        "epoch": [*done, len(done) + 1],
        "learning_rate": [opened.config["learning_rate"]] * (len(done) + 1),
    }


def format_main_findings(findings: Sequence[Finding], most: int = 2) -> str:
    """What stands after a training: the weightiest findings, each with what to try."""
    if not findings:
        return ""
    worth = insight.at_least(findings, "warning") or [_gentlest(findings)]
    lines: list[str] = []
    for finding in worth[:most]:
        head = "Diagnosis:" if not lines else ""
        lines.append(f"{head:<{_INDENT}}{finding.sentence}")
        if finding.advice:
            lines.append(f"{'':<{_INDENT}}{finding.to_try}")
    return "\n".join(lines)


def format_findings(findings: Sequence[Finding]) -> str:
    """All findings, each with its severity, its code and what to try."""
    return "\n\n".join(
        "\n".join(
            (
                f"{finding.severity}: {finding.code}",
                f"    {finding.sentence}",
                *([f"    {finding.to_try}"] if finding.advice else []),
            )
        )
        for finding in findings
    )


def _gentlest(findings: Sequence[Finding]) -> Finding:
    """Where nothing is wrong, the verdict; else the first thing that is good to know."""
    verdicts = ("healthy", "inconclusive")
    return next((one for one in findings if one.code in verdicts), findings[0])


def add_label_findings(opened: SavedRun, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with that about likely wrong training labels; trains three networks for it."""
    train = opened.splits.train
    held_out = out_of_fold_predictions(
        train.x, train.y, len(opened.class_names), scale=opened.config["preprocessing"]["scale"]
    )
    doubted = insight.noisy_labels_finding(held_out, opened.class_names)
    return worst_first([*findings, *([doubted] if doubted else [])])
