"""Findings as text: the main ones after a training, all of them for `scallion diagnose`."""

from collections.abc import Sequence

from scallion import insight
from scallion.findings import Finding

_INDENT = 12  # columns, that of the texts after a training


def format_main_findings(findings: Sequence[Finding], most: int = 2) -> str:
    """Return the most severe findings, each with what to try; without warnings the verdict."""
    if not findings:
        return ""
    main = insight.at_least(findings, "warning") or [_verdict(findings)]
    lines: list[str] = []
    for finding in main[:most]:
        heading = "Diagnosis:" if not lines else ""
        lines.append(f"{heading:<{_INDENT}}{finding.sentence}")
        if finding.advice:
            lines.append(f"{'':<{_INDENT}}{finding.suggestion}")
    return "\n".join(lines)


def format_findings(findings: Sequence[Finding]) -> str:
    """Return all findings, each with its severity, its code and what to try."""
    blocks: list[str] = []
    for finding in findings:
        lines = [f"{finding.severity}: {finding.code}", f"    {finding.sentence}"]
        if finding.advice:
            lines.append(f"    {finding.suggestion}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _verdict(findings: Sequence[Finding]) -> Finding:
    """Return the finding about the whole training, else the first one."""
    codes = ("healthy", "inconclusive")
    return next((finding for finding in findings if finding.code in codes), findings[0])
