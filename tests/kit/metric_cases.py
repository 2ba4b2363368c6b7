"""Metrics in many ways, and what any implementation with Keras' names says of them."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from contract import plain, refusal

BATCHES = (32, 32, 7)
CLASSES = 5


class Case(NamedTuple):
    """A metric with its arguments, and the kind of targets and outputs that it is given."""

    name: str
    data: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    weighted: bool = False

    @property
    def title(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        return f"{self.name}({inside}) on {self.data}{', weighted' if self.weighted else ''}"


def batches(case: Case) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Targets, outputs and weights, batch by batch; many outputs are equal."""
    random = np.random.default_rng(7)
    for images in BATCHES:
        labels = random.integers(0, CLASSES, images)
        # No two outputs of a row are equal: which of them is largest is then no question of taste.
        rows = random.uniform(size=(images, CLASSES)).round(1) + np.arange(CLASSES) / 64
        shares = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
        weights = random.uniform(0, 2, images).astype(np.float32)
        target, output = {
            "classes": lambda: (labels, shares),  # noqa: B023 (called at once, here and below)
            "one-hot": lambda: (np.eye(CLASSES, dtype=np.float32)[labels], shares),  # noqa: B023
            "many labels": lambda: (random.integers(0, 2, rows.shape), rows.astype(np.float32) % 1),  # noqa: B023
            "a row": lambda: (labels % 2, rows[:, 0].astype(np.float32)),  # noqa: B023
            "a column": lambda: (labels[:, None] % 2, rows[:, :1].astype(np.float32)),  # noqa: B023
            "scores": lambda: (labels[:, None] % 2, rows[:, :1].astype(np.float32) * 6 - 3),  # noqa: B023
            "labels": lambda: (labels, random.integers(0, CLASSES, images)),  # noqa: B023
            "values": lambda: (random.normal(size=rows.shape).astype(np.float32), shares),  # noqa: B023
        }[case.data]()
        yield target, output, weights if case.weighted else None


def describe(metrics: Any, case: Case) -> dict[str, Any]:
    """Its config, and its result after each batch."""
    metric = getattr(metrics, case.name)(**case.arguments)
    results = []
    for target, output, weights in batches(case):
        metric.update_state(target, output, sample_weight=weights)
        results.append(np.asarray(metric.result(), np.float64).tolist())
    metric.reset_state()
    return {
        "name": metric.name,
        "config": plain(metric.get_config()),
        "results": results,
        # Without data Keras' R2 is no number.
        "reset": float(np.nan_to_num(np.max(np.asarray(metric.result(), np.float64)))),
    }


def _both(name: str, data: str, **arguments: Any) -> list[Case]:
    return [Case(name, data, arguments), Case(name, data, arguments, weighted=True)]


__all__ = ["CASES", "REFUSED", "Case", "answers", "batches", "describe", "plain", "refusal"]

CASES = [
    *_both("SparseCategoricalAccuracy", "classes"),
    *_both("SparseTopKCategoricalAccuracy", "classes", k=3),
    *_both("CategoricalAccuracy", "one-hot"),
    *_both("TopKCategoricalAccuracy", "one-hot", k=2),
    *_both("BinaryAccuracy", "many labels"),
    *_both("BinaryAccuracy", "a column", threshold=0.3),
    *_both("Accuracy", "labels"),
    *(
        case
        for name in ("Precision", "Recall")
        for case in (
            *_both(name, "a row"),
            *_both(name, "a column"),
            *_both(name, "one-hot"),
            *_both(name, "many labels", thresholds=[0.7, 0.2]),
            *_both(name, "many labels", thresholds=[0.0, 0.5, 1.0]),
            *_both(name, "one-hot", top_k=2),
            *_both(name, "one-hot", class_id=3, thresholds=0.2),
            *_both(name, "one-hot", class_id=1, top_k=1),
            *_both(name, "scores", thresholds=0),
        )
    ),
    *(
        case
        for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
        for case in (
            *_both(name, "many labels"),
            *_both(name, "a row", thresholds=[0.1, 0.9]),
        )
    ),
    *(
        case
        for average in (None, "micro", "macro", "weighted")
        for case in (
            *_both("F1Score", "one-hot", average=average),
            *_both("FBetaScore", "many labels", average=average, beta=2.0, threshold=0.4),
        )
    ),
    *(
        case
        for curve in ("ROC", "PR", "PRGAIN")
        for summation in ("interpolation", "minoring", "majoring")
        for case in _both(
            "AUC", "many labels", curve=curve, summation_method=summation, num_thresholds=20
        )
    ),
    *_both("MeanSquaredError", "values"),
    *_both("MeanAbsoluteError", "values"),
    *_both("RootMeanSquaredError", "values"),
    *_both("LogCoshError", "values"),
    *_both("CosineSimilarity", "values"),
    *_both("KLDivergence", "one-hot"),
    *_both("Hinge", "many labels"),
    *_both("SquaredHinge", "many labels"),
    *_both("CategoricalHinge", "one-hot"),
    *_both("MeanAbsolutePercentageError", "values"),
    *_both("MeanSquaredLogarithmicError", "values"),
    *_both("Poisson", "values"),
    *_both("R2Score", "values"),
    *_both("R2Score", "values", class_aggregation=None),
    *_both("R2Score", "values", class_aggregation="variance_weighted_average", num_regressors=3),
    *_both("BinaryCrossentropy", "many labels"),
    *_both("BinaryCrossentropy", "scores", from_logits=True, label_smoothing=0.1),
    *_both("CategoricalCrossentropy", "one-hot", label_smoothing=0.2),
    *_both("SparseCategoricalCrossentropy", "classes"),
    *_both("AUC", "a row"),
    *_both("AUC", "a column"),
    *_both("AUC", "scores", from_logits=True),
    *_both("AUC", "a row", thresholds=[0.2, 0.3, 0.9]),
    *_both("AUC", "one-hot", multi_label=True),
    *_both("AUC", "one-hot", multi_label=True, curve="PR", label_weights=[1, 2, 0, 1, 3]),
    Case("AUC", "many labels", {"label_weights": [1, 2, 0, 1, 3]}),
]

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("Precision", {"thresholds": 1.5}),
    ("Precision", {"thresholds": [0.5, -0.1]}),
    ("Recall", {"thresholds": 2}),
    ("TruePositives", {"thresholds": [None]}),
    ("F1Score", {"average": "samples"}),
    ("F1Score", {"threshold": 1}),
    ("F1Score", {"threshold": 0.0}),
    ("FBetaScore", {"beta": 1}),
    ("FBetaScore", {"beta": -1.0}),
    ("R2Score", {"class_aggregation": "mean"}),
    ("R2Score", {"num_regressors": -1}),
    ("AUC", {"curve": "SOMETHING"}),
    ("AUC", {"summation_method": "SOMETHING"}),
    ("AUC", {"num_thresholds": 1}),
    ("AUC", {"num_labels": 3}),
]

ANSWERED = 12  # how many sets of answers `answers` makes


def answers(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, logits and weights of 2 to 8 classes; some classes have no image, or no answer."""
    random = np.random.default_rng(seed)
    classes, images = int(random.integers(2, 9)), int(random.integers(1, 120))
    labels = random.integers(0, max(1, classes - seed % 3), images)
    logits = random.normal(size=(images, classes))
    logits[:, -1] -= 9 * (seed % 2)
    logits[np.arange(images), labels] += random.uniform(0, 2)
    return labels, logits, random.uniform(0.1, 2, images)


def scikit_learn_scores(metrics: Any, seed: int) -> dict[str, Any]:
    """What scikit-learn says of the answers: name and average or class, plain and weighted."""
    labels, logits, weights = answers(seed)
    taken, classes = logits.argmax(axis=1), logits.shape[1]
    found: dict[str, Any] = {}
    for name, score in (
        ("Precision", metrics.precision_score),
        ("Recall", metrics.recall_score),
        ("F1Score", metrics.f1_score),
        ("FBetaScore", lambda *args, **more: metrics.fbeta_score(*args, beta=2.0, **more)),
    ):
        for average in ("micro", "macro", "weighted", None):
            known = {"average": average, "zero_division": 0}
            if average is None:
                known["labels"] = range(classes)
            found[f"{name} {average}"] = [
                plain(score(labels, taken, sample_weight=given, **known))
                for given in (None, weights)
            ]
    return found
