"""Pruning: stop a run whose validation accuracy is low, or far below that of finished runs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scallion.study.plan import PruningRule

_LEAST_RUNS = 3  # finished runs, below which there is no median to compare with


def should_prune(
    rule: PruningRule | None, epoch: int, accuracy: float, medians: Sequence[float]
) -> bool:
    """Return whether to stop a run after this epoch, which counts from 0.

    `medians` are the median validation accuracies of the finished runs by epoch.

    >>> rule = PruningRule(after=3, below=0.2)
    >>> should_prune(rule, 2, 0.1, []), should_prune(rule, 1, 0.1, [])
    (True, False)
    """
    if rule is None or epoch + 1 < rule.after:
        return False
    if rule.below is not None and accuracy < rule.below:
        return True
    if rule.behind is None or epoch >= len(medians):
        return False
    return accuracy < medians[epoch] - rule.behind


def median_by_epoch(histories: Sequence[NDArray[np.float64]]) -> list[float]:
    """Return the median validation accuracy at each epoch that half of the runs have reached."""
    if len(histories) < _LEAST_RUNS:
        return []
    lengths = sorted(map(len, histories))
    shared = lengths[len(lengths) // 2]
    columns = ([history[i] for history in histories if len(history) > i] for i in range(shared))
    return [float(np.median(column)) for column in columns]
