"""The area under a curve of right and wrong decisions, over evenly spread thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError, ShapeError
from scallion.metrics.class_counts import divided
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import class_numbers, one_hot, same_shape, weights_like
from scallion.metrics.threshold_counts import ThresholdCounts, flat_decisions

Numbers = NDArray[np.float64]
_EPSILON = 1e-7
_CURVES = {"roc": "ROC", "pr": "PR", "prgain": "PRGAIN"}
_SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(Metric):
    """The area under the ROC curve, or with `curve="PR"` under that of precision and recall.

    Approximated at `num_thresholds` thresholds, as Keras does. Class numbers with a column a class
    give the mean of each class against the rest, those aside that all images, or none, belong to.
    `from_logits` makes probabilities of scores: softmax for classes, else sigmoid.

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
        self._own = None if thresholds is None else sorted(float(limit) for limit in thresholds)
        if self._own is None and num_thresholds <= 1:
            raise ArgumentError(
                "`num_thresholds` is a whole number above 1. "
                f"Received: num_thresholds={num_thresholds!r}",
                hint="num_thresholds=200",
            )
        if num_labels and not multi_label:
            raise ArgumentError(
                f"`num_labels` goes with `multi_label`. Received: num_labels={num_labels!r}",
                hint="AUC(multi_label=True, num_labels=10)",
            )
        self.num_thresholds = num_thresholds if self._own is None else len(self._own) + 2
        self.curve = _known("curve", _CURVES.get(_lowered(curve)), curve, tuple(_CURVES.values()))
        method = _lowered(summation_method)
        found = method if method in _SUMMATIONS else None
        self.summation_method = _known("summation_method", found, summation_method, _SUMMATIONS)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = (
            None if label_weights is None else np.asarray(label_weights, np.float64)
        )
        self.from_logits = from_logits
        even = [place / (self.num_thresholds - 1) for place in range(1, self.num_thresholds - 1)]
        inner = even if self._own is None else self._own
        self._is_even = len(inner) > 0 and np.allclose(inner, even, atol=_EPSILON)
        self.thresholds = [-_EPSILON, *inner, 1 + _EPSILON]
        self.reset_state()

    def reset_state(self) -> None:
        self._counts: ThresholdCounts | None = None
        self._of_classes = False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: class numbers (n,) or targets shaped as the outputs."""
        true, pred = np.asarray(y_true), np.asarray(y_pred, np.float32)
        labels = class_numbers(true, pred)
        if labels is not None:
            self._of_classes = True
            true = one_hot(labels, pred.shape[-1])
            pred = _softmax(pred) if self.from_logits else _checked_probabilities(pred, self.name)
        elif self.from_logits:
            pred = (0.5 * (1 + np.tanh(0.5 * pred))).astype(np.float32)
        if self._of_classes or self.multi_label:
            self._add_columns(true, pred, sample_weight)
        else:
            weights = self._label_weighted(sample_weight, pred)
            self._add(*flat_decisions(true, pred, weights, self.name))

    def _label_weighted(self, sample_weight: Any, pred: NDArray[np.float32]) -> Any:
        if self.label_weights is None:
            return sample_weight
        if sample_weight is None:
            return np.broadcast_to(self.label_weights, pred.shape)
        return weights_like(sample_weight, pred.shape) * self.label_weights

    def _add_columns(
        self, true: NDArray[Any], pred: NDArray[np.float32], sample_weight: Any
    ) -> None:
        true, pred = same_shape(true, pred, self.name)
        if pred.ndim != 2 and not self._of_classes:
            raise ShapeError(
                f"{self.name}: with `multi_label` outputs are (n, labels). "
                f"Received: outputs of {pred.shape}",
                hint="leave out multi_label",
            )
        weights = np.ones(pred.shape)
        if sample_weight is not None:
            weights = weights_like(sample_weight, pred.shape)
        labels = pred.shape[-1]
        self._add(true.reshape(-1, labels), pred.reshape(-1, labels), weights.reshape(-1, labels))

    def _add(self, true: NDArray[Any], pred: NDArray[np.float32], weights: Numbers) -> None:
        if self._counts is None:
            self._counts = ThresholdCounts.of(self.num_thresholds, *pred.shape[1:])
        if self._is_even:
            self._counts.add_evenly(true, pred, weights)
        else:
            self._counts.add(true, pred, weights, self.thresholds)

    def get_state(self) -> dict[str, Any]:
        counts = self._counts and self._counts.as_state()
        return {"counts": counts, "of_classes": self._of_classes}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._counts = state["counts"] and ThresholdCounts(**state["counts"])
        self._of_classes = state["of_classes"]

    def result(self) -> float:
        if self._counts is None:
            return 0.0
        counts = self._counts
        areas = _interpolated(counts) if self._interpolates_precision() else self._summed(counts)
        if areas.ndim == 0:
            return float(areas)
        shares = np.ones(len(areas)) if self.label_weights is None else self.label_weights
        if self._of_classes:
            positives = (counts.true_positives + counts.false_negatives)[0]
            negatives = (counts.false_positives + counts.true_negatives)[0]
            shares = shares * ((positives > 0) & (negatives > 0))
        return float(divided((areas * shares).sum(), shares.sum()))

    def _interpolates_precision(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _summed(self, counts: ThresholdCounts) -> Numbers:
        """The curve's area as rectangles: (), or (labels,)."""
        x, y = _CURVE_POINTS[self.curve](counts)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        else:
            choose = np.minimum if self.summation_method == "minoring" else np.maximum
            heights = choose(y[:-1], y[1:])
        return np.asarray(((x[:-1] - x[1:]) * heights).sum(axis=0))

    def get_config(self) -> dict[str, Any]:
        weights = self.label_weights
        own = {} if self._own is None else {"thresholds": list(self._own)}
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


def _roc(counts: ThresholdCounts) -> tuple[Numbers, Numbers]:
    negatives = counts.false_positives + counts.true_negatives
    return divided(counts.false_positives, negatives), _recall(counts)


def _precision_recall(counts: ThresholdCounts) -> tuple[Numbers, Numbers]:
    said = counts.true_positives + counts.false_positives
    return _recall(counts), divided(counts.true_positives, said)


def _gain(counts: ThresholdCounts) -> tuple[Numbers, Numbers]:
    """Precision and recall gain (Flach, Kull 2015); both are kept finite as Keras does."""
    hits = counts.true_positives
    scale = divided(hits + counts.false_negatives, counts.true_negatives + counts.false_positives)
    recall = 1 - scale * divided(counts.false_negatives, hits)
    precision = 1 - scale * divided(counts.false_positives, hits)
    return np.maximum(np.where(hits == 0, 0, recall), 0), np.where(hits == 0, 1, precision)


_CURVE_POINTS = {"ROC": _roc, "PR": _precision_recall, "PRGAIN": _gain}


def _recall(counts: ThresholdCounts) -> Numbers:
    return divided(counts.true_positives, counts.true_positives + counts.false_negatives)


def _interpolated(counts: ThresholdCounts) -> Numbers:
    """The area under precision against recall where both kinds of yes grow in a line.

    The integral of (Davis, Goadrich 2006, section 4) between two thresholds, in closed form.
    """
    hits, said = counts.true_positives, counts.true_positives + counts.false_positives
    more = hits[:-1] - hits[1:]
    slope = divided(more, np.maximum(said[:-1] - said[1:], 0))
    start = hits[1:] - slope * said[1:]
    both = (said[:-1] > 0) & (said[1:] > 0)
    ratio = np.where(both, divided(said[:-1], said[1:]), 1)
    rows = divided(slope * (more + start * np.log(ratio)), (hits + counts.false_negatives)[1:])
    return np.asarray(rows.sum(axis=0))


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _checked_probabilities(pred: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if pred.size and (pred.min() < 0 or pred.max() > 1.001):
        raise DataError(
            f"{name}: outputs are probabilities from 0 to 1. "
            f"Received: numbers from {pred.min():.4g} to {pred.max():.4g}",
            hint='AUC(from_logits=True), or activation="softmax" in the last layer',
        )
    return pred


def _lowered(word: Any) -> str:
    return word.lower() if isinstance(word, str) else ""


def _known(what: str, found: str | None, given: Any, known: Sequence[str]) -> str:
    if found is None:
        raise ArgumentError(
            f"`{what}` is one of {', '.join(map(repr, known))}. Received: {what}={given!r}",
            hint=f'{what}="{known[0]}"',
        )
    return found


__all__ = ["AUC"]
