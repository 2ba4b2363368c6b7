"""Declared rules that turn facts into findings, and the loop that applies them in order."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scallion.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Detection:
    """The result of a rule's detector: the texts and numbers of a finding.

    `severity` replaces that of the rule where it is given.
    """

    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)
    advice: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class FindingRule:
    """The declaration of one kind of finding.

    `detect` is called with the facts named in `needs` and `optional` as keyword arguments; it
    returns a detection, several, or None. A rule applies where every fact that it needs is there;
    an optional fact that is missing is None. `suppresses` are codes of rules further down that are
    skipped once this one has found something: consequences of a cause, or weaker statements.
    """

    code: str
    severity: Severity
    detect: Callable[..., Detection | Iterable[Detection] | None]
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    suppresses: tuple[str, ...] = ()

    def findings(self, facts: Mapping[str, Any]) -> list[Finding]:
        """Return the findings of this rule, none where it does not apply."""
        if any(facts.get(name) is None for name in self.needs):
            return []
        detected = self.detect(**{name: facts.get(name) for name in (*self.needs, *self.optional)})
        if detected is None:
            return []
        return [
            Finding(
                self.code, one.severity or self.severity, one.sentence, one.evidence, one.advice
            )
            for one in ([detected] if isinstance(detected, Detection) else detected)
        ]


def apply_rules(rules: Iterable[FindingRule], facts: Mapping[str, Any]) -> list[Finding]:
    """Apply the rules in order and return their findings; rules that were suppressed are skipped.

    >>> few = FindingRule(
    ...     "few-images", "info", lambda images: Detection(f"{images} images."), ("images",)
    ... )
    >>> [finding.sentence for finding in apply_rules([few], {"images": 3})]
    ['3 images.']
    """
    found: list[Finding] = []
    suppressed: set[str] = set()
    for rule in rules:
        if rule.code in suppressed:
            continue
        findings = rule.findings(facts)
        if findings:
            found += findings
            suppressed.update(rule.suppresses)
    return found
