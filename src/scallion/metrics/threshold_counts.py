"""Counts of positives and negatives at thresholds, as in Keras: positive is above the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.target_shapes import broadcast_weights, match_shapes

Floats = NDArray[np.float64]
_BELOW_ALL = -1e10  # Keras' threshold for the k largest outputs, and its value for all others


@dataclass(slots=True, eq=False)
class ThresholdCounts:
    """Weighted counts at each threshold, float64 (thresholds,) or (thresholds, labels)."""

    true_positives: Floats
    false_positives: Floats
    true_negatives: Floats
    false_negatives: Floats

    @classmethod
    def zeros(cls, thresholds: int, *labels: int) -> "ThresholdCounts":
        """Return counts of 0; with the number of `labels`, each label has counts of its own."""
        return cls(*(np.zeros((thresholds, *labels)) for _ in range(4)))

    def as_state(self) -> dict[str, Any]:
        """Return the counts by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def add(
        self, true: NDArray[Any], pred: NDArray[Any], weights: Floats, thresholds: Sequence[float]
    ) -> None:
        """Count targets, outputs and weights, all (n,) or (n, labels), at each threshold."""
        predicted = np.stack([pred > np.float32(threshold) for threshold in thresholds])
        positive, negative = np.where(true != 0, weights, 0), np.where(true != 0, 0, weights)
        true_positives = np.where(predicted, positive, 0).sum(axis=1)
        false_positives = np.where(predicted, negative, 0).sum(axis=1)
        self._count(true_positives, false_positives, positive.sum(axis=0), negative.sum(axis=0))

    def add_evenly(
        self,
        true: NDArray[Any],
        pred: NDArray[Any],
        weights: Floats,
        starts_below_zero: bool = True,
    ) -> None:
        """Count at evenly spaced thresholds from 0 to 1, in one pass.

        The first is just below 0, so that all outputs are above it, or exactly 0. As in Keras,
        outputs are clipped to 0..1.
        """
        bins = len(self.true_positives)
        steps = np.clip(pred, 0, 1) * np.float32(bins - 1)
        places = np.ceil(steps).astype(np.intp) - 1
        indices, counted = np.maximum(places, 0), starts_below_zero | (places >= 0)
        positive, negative = np.where(true != 0, weights, 0), np.where(true != 0, 0, weights)
        true_positives, false_positives = (
            _cumulative_counts(indices, np.where(counted, w, 0), bins) for w in (positive, negative)
        )
        self._count(true_positives, false_positives, positive.sum(axis=0), negative.sum(axis=0))

    def _count(
        self, true_positives: Floats, false_positives: Floats, positive: Floats, negative: Floats
    ) -> None:
        self.true_positives += true_positives
        self.false_positives += false_positives
        self.false_negatives += positive - true_positives
        self.true_negatives += negative - false_positives


def _cumulative_counts(indices: NDArray[np.intp], weights: Floats, bins: int) -> Floats:
    """Return for each bin the total weight in it and in all higher ones: (bins, ...)."""
    if indices.ndim == 1:
        return np.bincount(indices, weights, bins)[::-1].cumsum()[::-1]
    columns = [
        _cumulative_counts(indices[:, c], weights[:, c], bins) for c in range(indices.shape[1])
    ]
    return np.stack(columns, axis=1)


def checked_thresholds(thresholds: Any, default: float) -> list[float]:
    """Return thresholds as a list. Raises ArgumentError for one outside 0 to 1, as Keras does."""
    if thresholds is None:
        return [default]
    several = isinstance(thresholds, list | tuple)
    given = list(cast(Sequence[Any], thresholds)) if several else [thresholds]
    for threshold in given:
        if threshold is None or not 0 <= threshold <= 1:
            raise ArgumentError(
                f"`thresholds` must be from 0 to 1. Received: thresholds={thresholds!r}",
                hint="thresholds=0.5",
                field="thresholds",
                value=thresholds,
            )
    return [float(threshold) for threshold in given]


def default_threshold(top_k: int | None) -> float:
    """Return 0.5, or with `top_k` a threshold below all of the k largest outputs."""
    return 0.5 if top_k is None else _BELOW_ALL


def largest_only(pred: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Return the `k` largest outputs of each row, and the others below every threshold."""
    order = np.argsort(-pred, axis=-1, kind="stable")
    kept = np.zeros(pred.shape, np.bool_)
    np.put_along_axis(kept, order[..., :k], values=True, axis=-1)
    return np.where(kept, pred, np.float32(_BELOW_ALL))


def flat_decisions(
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    sample_weight: Any,
    where: str,
    top_k: int | None = None,
    class_id: int | None = None,
) -> tuple[NDArray[Any], NDArray[np.float32], Floats]:
    """Return targets, outputs and weights as (n,).

    `where` is the name of the metric, for messages. With `top_k`, only the k largest outputs of a
    row can be positive; with `class_id`, only that column counts. Raises ShapeError, ArgumentError.
    """
    true, pred = match_shapes(y_true, y_pred.astype(np.float32), where)
    weights = (
        np.ones(pred.shape)
        if sample_weight is None
        else broadcast_weights(sample_weight, pred.shape)
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
            f"{where}: `class_id` must be a column of the outputs. "
            f"Received: class_id={class_id!r}, outputs of {pred.shape}",
            hint="leave out class_id",
            field="class_id",
            value=class_id,
        )
