"""Diagnose a training run: apply the rules of the index to its curves and measurements."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from scallion.finding_rules import apply_rules
from scallion.findings import SEVERITIES, Finding, Severity, worst_first
from scallion.insight.findings.index import RULES, VERDICTS
from scallion.insight.findings.measurements import Measurements, measurements_of, training_facts
from scallion.insight.findings.training_curves import training_curves
from scallion.insight.metrics.predictions import as_predictions

# What to do about these findings where the network started with pretrained weights: its layers
# cannot be changed, and its last layer has no learning rate before fine-tuning.
_PRETRAINED_ADVICE = {
    "guessing": "check that the labels belong to their images, and compare with a network trained "
    "from scratch: --model quick",
    "overfitting": "more images; until then stronger augmentation (--augment strong), or fewer "
    "epochs of fine-tuning: --epochs 0 trains the last layer alone",
    "underfitting": "fine-tune all layers: --epochs 10, or --minutes 3",
    "worse-than-linear": "compare with a network trained from scratch: --model quick; until then "
    "the linear model is the better choice",
}


def diagnose(
    history: Any,
    measured: Measurements | None = None,
    *,
    labels: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
) -> list[Finding]:
    """Return all findings about a training run, most severe first; never empty.

    `history` is what `fit` returned, or a dict of lists. `labels` (n,) and `probabilities`
    (n, classes) are those of the validation images; `measured` holds more measurements, where they
    were made. What was not measured is not judged. Raises ArgumentError, DataError.

    >>> diagnose({"loss": [0.9, float("nan")]})[0].sentence
    'It diverged: the loss became NaN or infinite in epoch 2.'
    """
    if measured is None:
        if labels is not None and probabilities is not None:
            measured = measurements_of(as_predictions(labels, probabilities))
        else:
            measured = Measurements()
    facts = training_facts(training_curves(history), measured)
    found = apply_rules(RULES, facts)
    if all(finding.severity == "info" for finding in found):
        found += apply_rules(VERDICTS, facts)
    if measured.is_pretrained:
        found = [replace(one, advice=_PRETRAINED_ADVICE.get(one.code, one.advice)) for one in found]
    return worst_first(found)


def at_least(findings: Sequence[Finding], severity: Severity) -> list[Finding]:
    """Return the findings that are as severe as `severity`, or more."""
    least = SEVERITIES.index(severity)
    return [one for one in findings if SEVERITIES.index(one.severity) >= least]
