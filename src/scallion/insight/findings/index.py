"""The index of findings about a training run: every rule, causes before their consequences."""

from dataclasses import replace

from scallion.finding_rules import FindingRule
from scallion.insight.findings.rules import (
    baselines,
    calibration,
    data_quality,
    dead_units,
    gradients,
    learning_rate,
    normalization,
    overfitting,
    underfitting,
    verdicts,
)

_DATA = (data_quality.LEAKED, data_quality.IMBALANCED, data_quality.TOO_SMALL)
_INCONCLUSIVE = (baselines.TOO_FEW_IMAGES,)
_CAUSES = (
    baselines.LABELS_UNRELATED,
    baselines.GUESSING,
    learning_rate.TOO_HIGH,
    learning_rate.TOO_LOW,
)
_GRADIENTS = (gradients.EXPLODED, gradients.VANISHED)
_CONSEQUENCES = (
    dead_units.DEAD_UNITS,
    overfitting.OVERFITTING,
    underfitting.UNDERFITTING,
    baselines.WORSE_THAN_LINEAR,
    baselines.NO_BETTER_THAN_LINEAR,
    underfitting.STILL_IMPROVING,
    calibration.MISCALIBRATED,
)


def _suppressing(rule: FindingRule, others: tuple[FindingRule, ...]) -> FindingRule:
    """Return the rule with the codes of the others added to those that it suppresses."""
    return replace(rule, suppresses=(*rule.suppresses, *(other.code for other in others)))


RULES: tuple[FindingRule, ...] = (
    *_DATA,
    _suppressing(learning_rate.DIVERGED, (*_INCONCLUSIVE, *_CAUSES, *_GRADIENTS, *_CONSEQUENCES)),
    _suppressing(normalization.NOT_WARM, (*_INCONCLUSIVE, *_CAUSES, *_CONSEQUENCES)),
    *_INCONCLUSIVE,
    *(_suppressing(cause, _CONSEQUENCES) for cause in _CAUSES),
    *_GRADIENTS,
    *_CONSEQUENCES,
)

# Tried where no rule has found a warning or an error.
VERDICTS: tuple[FindingRule, ...] = (verdicts.INCONCLUSIVE, verdicts.HEALTHY)
