"""Unpromising runs are stopped early."""

import numpy as np

from scallion.study.plan import PruningRule
from scallion.study.pruning import accuracy_floor, median_by_epoch


def test_the_floor_is_the_higher_of_both_limits() -> None:
    rule = PruningRule(after=2, below=0.15, behind=0.25)
    median = median_by_epoch([np.array(row) for row in ([0.5, 0.7], [0.5, 0.8], [0.6, 0.9])])
    assert median == [0.5, 0.8]
    assert accuracy_floor(rule, median) == [None, 0.8 - 0.25, 0.15]


def test_without_finished_runs_only_the_fixed_limit_counts() -> None:
    assert accuracy_floor(PruningRule(after=2, below=0.15, behind=0.25), []) == [None, 0.15, 0.15]
    assert accuracy_floor(PruningRule(after=1, behind=0.25), []) == [None, None]
    assert accuracy_floor(None, [0.5]) == []
