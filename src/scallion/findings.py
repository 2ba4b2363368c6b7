"""A finding: one thing that was seen in data, a model or a run, said in words with its evidence."""

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")  # the mildest first


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, how bad it is, and what to do.

    `code` names the kind of finding for programs, such as `duplicates-across-splits`; `sentence`
    says it for people; `evidence` holds the counts and names behind it, as JSON can hold them;
    `advice` is one edit that works, empty where there is nothing to do.

    >>> Finding("too-few", "warning", "Class 'cat' has 3 images.", {"cat": 3}).as_dict()["evidence"]
    {'cat': 3}
    """

    code: str
    severity: Severity
    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)
    advice: str = ""

    @property
    def to_try(self) -> str:
        """The advice as a sentence; some are sentences already.

        >>> Finding("still-improving", "info", "It is.", advice="more epochs: --epochs 20").to_try
        'Try: more epochs: --epochs 20.'
        """
        return self.advice if self.advice.endswith(".") else f"Try: {self.advice}."

    def as_dict(self) -> dict[str, Any]:
        """The finding as `--json` prints it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "evidence": self.evidence,
            "advice": self.advice,
        }


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Errors, then warnings, then what is only good to know; otherwise in the order given."""
    return sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
