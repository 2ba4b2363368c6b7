"""Pruning: stop a run whose validation accuracy is low, or far below that of finished runs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scallion.study.plan import PruningRule

_LEAST_RUNS = 3  # finished runs, below which there is no median to compare with


def accuracy_floor(rule: PruningRule | None, medians: Sequence[float]) -> list[float | None]:
    """Return the least validation accuracy after each epoch; the last value holds from then on.

    `medians` are the median validation accuracies of the finished runs by epoch.

    >>> accuracy_floor(PruningRule(after=2, below=0.25, behind=0.125), [0.5, 0.75])
    [None, 0.625, 0.25]
    """
    if rule is None:
        return []
    floor: list[float | None] = []
    for epoch in range(max(rule.after, len(medians))):
        limits = [] if rule.below is None else [rule.below]
        if rule.behind is not None and epoch < len(medians):
            limits.append(medians[epoch] - rule.behind)
        floor.append(max(limits) if limits and epoch + 1 >= rule.after else None)
    return [*floor, rule.below]


def median_by_epoch(histories: Sequence[NDArray[np.float64]]) -> list[float]:
    """Return the median validation accuracy at each epoch that half of the runs have reached."""
    if len(histories) < _LEAST_RUNS:
        return []
    lengths = sorted(map(len, histories))
    shared = lengths[len(lengths) // 2]
    columns = ([history[i] for history in histories if len(history) > i] for i in range(shared))
    return [float(np.median(column)) for column in columns]
