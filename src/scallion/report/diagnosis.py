"""Findings as they are read: two lines after a training, all of them on demand."""

from collections.abc import Sequence

from scallion import insight
from scallion.findings import Finding, worst_first
from scallion.report.subject import Subject

_INDENT = 12


def examine_run(subject: Subject) -> list[Finding]:
    """All findings about a run, the weightiest first; from its curves alone where it has no model.

    None where no epoch was completed.
    Raises MissingError, FileError, DataError where the run or its data are not as they were.
    """
    if not subject.run.history.is_file():
        return []
    if not subject.run.model.is_file() or subject.outcome.get("ended") == "diverged":
        return insight.diagnose(subject.history, insight.Facts(classes=len(subject.class_names)))
    found = insight.diagnose(subject.history, subject.facts)
    return worst_first([*found, *subject.data.notes])


def findings_in_brief(findings: Sequence[Finding], most: int = 2) -> str:
    """What stands after a training: the weightiest findings, each with what to try."""
    if not findings:
        return ""
    worth = insight.at_least(findings, "warning") or [_gentlest(findings)]
    lines: list[str] = []
    for finding in worth[:most]:
        head = "Diagnosis:" if not lines else ""
        lines.append(f"{head:<{_INDENT}}{finding.sentence}")
        if finding.advice:
            lines.append(f"{'':<{_INDENT}}Try: {finding.advice}.")
    return "\n".join(lines)


def findings_in_words(findings: Sequence[Finding]) -> str:
    """All findings, each with its severity, its code and what to try."""
    return "\n\n".join(
        "\n".join(
            (
                f"{finding.severity}: {finding.code}",
                f"    {finding.sentence}",
                *([f"    Try: {finding.advice}."] if finding.advice else []),
            )
        )
        for finding in findings
    )


def _gentlest(findings: Sequence[Finding]) -> Finding:
    """Where nothing is wrong, the verdict; else the first thing that is good to know."""
    verdicts = ("healthy", "cannot-tell")
    return next((one for one in findings if one.code in verdicts), findings[0])


def with_labels(subject: Subject, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with that about likely wrong training labels; trains three networks for it."""
    train = subject.splits.train
    held_out = insight.out_of_fold(
        train.x, train.y, len(subject.class_names), scale=subject.config["preprocessing"]["scale"]
    )
    doubted = insight.noisy_labels(held_out, subject.class_names)
    return worst_first([*findings, *([doubted] if doubted else [])])
