"""Findings: observations about data, a model or a run, with evidence and advice."""

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")  # in increasing order


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what was noticed, how severe it is, and what to do.

    `code` names the kind of finding for programs, such as `duplicates-across-splits`. `sentence`
    is for people. `evidence` holds the counts and names, in types that JSON supports. `advice` is
    one edit that works, empty if there is nothing to do.

    >>> Finding("too-few", "warning", "Class 'cat' has 3 images.", {"cat": 3}).as_dict()["evidence"]
    {'cat': 3}
    """

    code: str
    severity: Severity
    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)
    advice: str = ""

    @property
    def suggestion(self) -> str:
        """The advice as a sentence; some advice is one already.

        >>> Finding("slow", "info", "It is.", advice="more epochs: --epochs 20").suggestion
        'Try: more epochs: --epochs 20.'
        """
        return self.advice if self.advice.endswith(".") else f"Try: {self.advice}."

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as `--json` prints it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "evidence": self.evidence,
            "advice": self.advice,
        }


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Sort by decreasing severity, keeping the order of equal ones."""
    return sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
