"""The index of checks of an image data set: every rule, in the order of its findings."""

from scallion.finding_rules import FindingRule
from scallion.images.checks import class_balance, duplicates, outliers, shortcuts

RULES: tuple[FindingRule, ...] = (
    *duplicates.RULES,
    *class_balance.RULES,
    *outliers.RULES,
    *shortcuts.RULES,
)
