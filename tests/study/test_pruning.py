"""Unpromising runs are stopped early."""

from scallion.study.plan import PruningRule
from scallion.study.pruning import median_by_epoch, should_prune


def test_low_accuracies_and_those_behind_the_median_are_pruned() -> None:
    rule = PruningRule(after=2, below=0.15, behind=0.1)
    assert not should_prune(rule, 0, 0.1, [])
    assert should_prune(rule, 1, 0.1, [])
    median = median_by_epoch([[0.5, 0.7], [0.5, 0.8], [0.6, 0.9]])  # type: ignore[list-item]
    assert median == [0.5, 0.8]
    assert should_prune(rule, 1, 0.65, median)
    assert not should_prune(rule, 1, 0.75, median)
