"""The area under the ROC or precision-recall curve, at a number of thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError, ShapeError
from scallion.metrics.class_counts import safe_divide
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import broadcast_weights, integer_labels, match_shapes, one_hot
from scallion.metrics.threshold_counts import ThresholdCounts, flat_decisions

Floats = NDArray[np.float64]
_EPSILON = 1e-7
_CURVES = {"roc": "ROC", "pr": "PR", "prgain": "PRGAIN"}
_SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(Metric):
    """The area under the ROC curve, or with `curve="PR"` under the precision-recall curve.

    Approximated at `num_thresholds` thresholds, as in Keras. For integer labels, the mean over
    classes of one-vs-rest, without classes that all images, or none, belong to. `from_logits`
    converts logits to probabilities: by softmax for integer labels, else by sigmoid.

    >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.75
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self._custom = None if thresholds is None else sorted(float(t) for t in thresholds)
        if self._custom is None and num_thresholds <= 1:
            raise ArgumentError(
                "`num_thresholds` must be an integer above 1. "
                f"Received: num_thresholds={num_thresholds!r}",
                hint="num_thresholds=200",
                field="num_thresholds",
                value=num_thresholds,
            )
        if num_labels and not multi_label:
            raise ArgumentError(
                f"`num_labels` needs `multi_label=True`. Received: num_labels={num_labels!r}",
                hint="AUC(multi_label=True, num_labels=10)",
                field="num_labels",
                value=num_labels,
            )
        self.num_thresholds = num_thresholds if self._custom is None else len(self._custom) + 2
        self.curve = _checked_choice(
            "curve", _CURVES.get(_lower(curve)), curve, tuple(_CURVES.values())
        )
        method = _lower(summation_method)
        found = method if method in _SUMMATIONS else None
        self.summation_method = _checked_choice(
            "summation_method", found, summation_method, _SUMMATIONS
        )
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = (
            None if label_weights is None else np.asarray(label_weights, np.float64)
        )
        self.from_logits = from_logits
        even = [i / (self.num_thresholds - 1) for i in range(1, self.num_thresholds - 1)]
        inner = even if self._custom is None else self._custom
        self._is_evenly_spaced = len(inner) > 0 and np.allclose(inner, even, atol=_EPSILON)
        self.thresholds = [-_EPSILON, *inner, 1 + _EPSILON]
        self.reset_state()

    def reset_state(self) -> None:
        self._counts: ThresholdCounts | None = None
        self._has_labels = False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate one batch: integer labels (n,) or targets shaped as the outputs."""
        true, pred = np.asarray(y_true), np.asarray(y_pred, np.float32)
        labels = integer_labels(true, pred)
        if labels is not None:
            self._has_labels = True
            true = one_hot(labels, pred.shape[-1])
            pred = _softmax(pred) if self.from_logits else _checked_probabilities(pred, self.name)
        elif self.from_logits:
            pred = (0.5 * (1 + np.tanh(0.5 * pred))).astype(np.float32)
        if self._has_labels or self.multi_label:
            self._add_columns(true, pred, sample_weight)
        else:
            weights = self._label_weighted(sample_weight, pred)
            self._add(*flat_decisions(true, pred, weights, self.name))

    def _label_weighted(self, sample_weight: Any, pred: NDArray[np.float32]) -> Any:
        if self.label_weights is None:
            return sample_weight
        if sample_weight is None:
            return np.broadcast_to(self.label_weights, pred.shape)
        return broadcast_weights(sample_weight, pred.shape) * self.label_weights

    def _add_columns(
        self, true: NDArray[Any], pred: NDArray[np.float32], sample_weight: Any
    ) -> None:
        true, pred = match_shapes(true, pred, self.name)
        if pred.ndim != 2 and not self._has_labels:
            raise ShapeError(
                f"{self.name}: with `multi_label` outputs must be (n, labels). "
                f"Received: outputs of {pred.shape}",
                hint="leave out multi_label",
                field="multi_label",
                value=self.multi_label,
            )
        weights = np.ones(pred.shape)
        if sample_weight is not None:
            weights = broadcast_weights(sample_weight, pred.shape)
        labels = pred.shape[-1]
        self._add(true.reshape(-1, labels), pred.reshape(-1, labels), weights.reshape(-1, labels))

    def _add(self, true: NDArray[Any], pred: NDArray[np.float32], weights: Floats) -> None:
        if self._counts is None:
            self._counts = ThresholdCounts.zeros(self.num_thresholds, *pred.shape[1:])
        if self._is_evenly_spaced:
            self._counts.add_evenly(true, pred, weights)
        else:
            self._counts.add(true, pred, weights, self.thresholds)

    def get_state(self) -> dict[str, Any]:
        counts = self._counts and self._counts.as_state()
        return {"counts": counts, "has_labels": self._has_labels}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._counts = state["counts"] and ThresholdCounts(**state["counts"])
        self._has_labels = state["has_labels"]

    def result(self) -> float:
        if self._counts is None:
            return 0.0
        counts = self._counts
        areas = _interpolated(counts) if self._interpolates_precision() else self._summed(counts)
        if areas.ndim == 0:
            return float(areas)
        weights = np.ones(len(areas)) if self.label_weights is None else self.label_weights
        if self._has_labels:
            positives = (counts.true_positives + counts.false_negatives)[0]
            negatives = (counts.false_positives + counts.true_negatives)[0]
            weights = weights * ((positives > 0) & (negatives > 0))
        return float(safe_divide((areas * weights).sum(), weights.sum()))

    def _interpolates_precision(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _summed(self, counts: ThresholdCounts) -> Floats:
        """Return the area as a sum of rectangles: (), or (labels,)."""
        x, y = _CURVE_POINTS[self.curve](counts)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        else:
            choose = np.minimum if self.summation_method == "minoring" else np.maximum
            heights = choose(y[:-1], y[1:])
        return np.asarray(((x[:-1] - x[1:]) * heights).sum(axis=0))

    def get_config(self) -> dict[str, Any]:
        weights = self.label_weights
        own = {} if self._custom is None else {"thresholds": list(self._custom)}
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if weights is None else weights.tolist(),
            "from_logits": self.from_logits,
            **own,
        }


def _roc(counts: ThresholdCounts) -> tuple[Floats, Floats]:
    negatives = counts.false_positives + counts.true_negatives
    return safe_divide(counts.false_positives, negatives), _recall(counts)


def _precision_recall(counts: ThresholdCounts) -> tuple[Floats, Floats]:
    predicted = counts.true_positives + counts.false_positives
    return _recall(counts), safe_divide(counts.true_positives, predicted)


def _gain(counts: ThresholdCounts) -> tuple[Floats, Floats]:
    """Return recall gain and precision gain (Flach, Kull 2015), kept finite as in Keras."""
    hits = counts.true_positives
    scale = safe_divide(
        hits + counts.false_negatives, counts.true_negatives + counts.false_positives
    )
    recall = 1 - scale * safe_divide(counts.false_negatives, hits)
    precision = 1 - scale * safe_divide(counts.false_positives, hits)
    return np.maximum(np.where(hits == 0, 0, recall), 0), np.where(hits == 0, 1, precision)


_CURVE_POINTS = {"ROC": _roc, "PR": _precision_recall, "PRGAIN": _gain}


def _recall(counts: ThresholdCounts) -> Floats:
    return safe_divide(counts.true_positives, counts.true_positives + counts.false_negatives)


def _interpolated(counts: ThresholdCounts) -> Floats:
    """Return the area under the precision-recall curve, with Davis and Goadrich's interpolation.

    Between two thresholds, true and false positives grow linearly (Davis, Goadrich 2006, section
    4); the integral is in closed form.
    """
    hits, predicted = counts.true_positives, counts.true_positives + counts.false_positives
    change = hits[:-1] - hits[1:]
    slope = safe_divide(change, np.maximum(predicted[:-1] - predicted[1:], 0))
    start = hits[1:] - slope * predicted[1:]
    both = (predicted[:-1] > 0) & (predicted[1:] > 0)
    ratio = np.where(both, safe_divide(predicted[:-1], predicted[1:]), 1)
    rows = safe_divide(
        slope * (change + start * np.log(ratio)), (hits + counts.false_negatives)[1:]
    )
    return np.asarray(rows.sum(axis=0))


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _checked_probabilities(pred: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if pred.size and (pred.min() < 0 or pred.max() > 1.001):
        raise DataError(
            f"{name}: outputs must be probabilities from 0 to 1. "
            f"Received: values from {pred.min():.4g} to {pred.max():.4g}",
            hint='AUC(from_logits=True), or activation="softmax" in the last layer',
        )
    return pred


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def _checked_choice(name: str, found: str | None, given: Any, known: Sequence[str]) -> str:
    if found is None:
        raise ArgumentError(
            f"`{name}` must be one of {', '.join(map(repr, known))}. Received: {name}={given!r}",
            hint=f'{name}="{known[0]}"',
            field=name,
            value=given,
        )
    return found


__all__ = ["AUC"]
