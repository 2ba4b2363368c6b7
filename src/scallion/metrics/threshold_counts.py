"""Counts of yes-or-no decisions: an output above the threshold says yes. All of it as Keras does.

With several thresholds there are as many counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.target_shapes import same_shape, weights_like

Numbers = NDArray[np.float64]
_NEVER = -1e10  # Keras' threshold for the k largest outputs, and what it makes of all others


@dataclass(slots=True, eq=False)
class ThresholdCounts:
    """Weighted counts at each threshold, float64 (thresholds,) or (thresholds, labels)."""

    true_positives: Numbers
    false_positives: Numbers
    true_negatives: Numbers
    false_negatives: Numbers

    @classmethod
    def of(cls, thresholds: int, *labels: int) -> "ThresholdCounts":
        """Nothing counted yet; with `labels`, each label's decisions are counted by themselves."""
        return cls(*(np.zeros((thresholds, *labels)) for _ in range(4)))

    def as_state(self) -> dict[str, Any]:
        """The counts by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def add(
        self, true: NDArray[Any], pred: NDArray[Any], weights: Numbers, limits: Sequence[float]
    ) -> None:
        """Take in truths, outputs and weights, all (n,) or (n, labels), at each of the limits."""
        said = np.stack([pred > np.float32(limit) for limit in limits])
        yes, no = np.where(true != 0, weights, 0), np.where(true != 0, 0, weights)
        hits, alarms = np.where(said, yes, 0).sum(axis=1), np.where(said, no, 0).sum(axis=1)
        self._count(hits, alarms, yes.sum(axis=0), no.sum(axis=0))

    def add_evenly(self, true: NDArray[Any], pred: NDArray[Any], weights: Numbers) -> None:
        """The same for evenly spread limits from just below 0 to just above 1, in one pass.

        As in Keras, outputs outside 0 to 1 are moved to the nearer end.
        """
        bins = len(self.true_positives)
        steps = np.clip(pred, 0, 1) * np.float32(bins - 1)
        places = np.maximum(np.ceil(steps).astype(np.intp) - 1, 0)
        yes, no = np.where(true != 0, weights, 0), np.where(true != 0, 0, weights)
        hits, alarms = (_from_above(places, share, bins) for share in (yes, no))
        self._count(hits, alarms, yes.sum(axis=0), no.sum(axis=0))

    def _count(self, hits: Numbers, alarms: Numbers, yes: Numbers, no: Numbers) -> None:
        self.true_positives += hits
        self.false_positives += alarms
        self.false_negatives += yes - hits
        self.true_negatives += no - alarms


def _from_above(places: NDArray[np.intp], weights: Numbers, bins: int) -> Numbers:
    """For each bin the weight of what lies in it or in a higher one: (bins, ...)."""
    if places.ndim == 1:
        return np.bincount(places, weights, bins)[::-1].cumsum()[::-1]
    columns = [_from_above(places[:, c], weights[:, c], bins) for c in range(places.shape[1])]
    return np.stack(columns, axis=1)


def checked(thresholds: Any, default: float) -> list[float]:
    """Thresholds in a list. Raises ArgumentError for one outside 0 to 1, as Keras does."""
    if thresholds is None:
        return [default]
    several = isinstance(thresholds, list | tuple)
    given = list(cast(Sequence[Any], thresholds)) if several else [thresholds]
    for limit in given:
        if limit is None or not 0 <= limit <= 1:
            raise ArgumentError(
                f"thresholds lie between 0 and 1. Received: thresholds={thresholds!r}",
                hint="thresholds=0.5",
            )
    return [float(limit) for limit in given]


def default_threshold(top_k: int | None) -> float:
    """0.5, or what all of the k largest outputs lie above."""
    return 0.5 if top_k is None else _NEVER


def largest_only(pred: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """The `k` largest outputs of a row as they are, the others below every threshold."""
    order = np.argsort(-pred, axis=-1, kind="stable")
    kept = np.zeros(pred.shape, np.bool_)
    np.put_along_axis(kept, order[..., :k], values=True, axis=-1)
    return np.where(kept, pred, np.float32(_NEVER))


def flat_decisions(
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    sample_weight: Any,
    where: str,
    top_k: int | None = None,
    class_id: int | None = None,
) -> tuple[NDArray[Any], NDArray[np.float32], Numbers]:
    """Truths, outputs and weights in one row each: (n,)."""
    true, pred = same_shape(y_true, y_pred.astype(np.float32), where)
    weights = (
        np.ones(pred.shape) if sample_weight is None else weights_like(sample_weight, pred.shape)
    )
    if top_k is not None:
        pred = largest_only(pred, top_k)
    if class_id is not None:
        _check_class(class_id, pred, where)
        true, pred, weights = true[..., class_id], pred[..., class_id], weights[..., class_id]
    return true.ravel(), pred.ravel(), weights.ravel()


def _check_class(class_id: int, pred: NDArray[Any], where: str) -> None:
    if pred.ndim < 2 or not 0 <= class_id < pred.shape[-1]:
        raise ArgumentError(
            f"{where}: `class_id` is a column of the outputs. "
            f"Received: class_id={class_id!r}, outputs of {pred.shape}",
            hint="leave out class_id",
        )
