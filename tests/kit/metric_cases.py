"""Cases of the metric contract, for any implementation with Keras' names."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from contract import plain, refusal

BATCHES = (32, 32, 7)
CLASSES = 5


class Case(NamedTuple):
    """A metric with its arguments, and the kind of its targets and outputs."""

    name: str
    data: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    weighted: bool = False

    @property
    def title(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        return f"{self.name}({inside}) on {self.data}{', weighted' if self.weighted else ''}"


def batches(case: Case) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Yield targets, outputs and weights per batch; many outputs are equal."""
    random = np.random.default_rng(7)
    for images in BATCHES:
        labels = random.integers(0, CLASSES, images)
        # No two outputs of a row are equal, so that the argmax is unambiguous.
        rows = random.uniform(size=(images, CLASSES)).round(1) + np.arange(CLASSES) / 64
        probabilities = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
        weights = random.uniform(0, 2, images).astype(np.float32)
        target, output = {
            "integer labels": lambda: (labels, probabilities),  # noqa: B023 (called at once, here and below)
            "one-hot": lambda: (np.eye(CLASSES, dtype=np.float32)[labels], probabilities),  # noqa: B023
            "multi-label": lambda: (random.integers(0, 2, rows.shape), rows.astype(np.float32) % 1),  # noqa: B023
            "binary (n,)": lambda: (labels % 2, rows[:, 0].astype(np.float32)),  # noqa: B023
            "binary (n, 1)": lambda: (labels[:, None] % 2, rows[:, :1].astype(np.float32)),  # noqa: B023
            "logits": lambda: (labels[:, None] % 2, rows[:, :1].astype(np.float32) * 6 - 3),  # noqa: B023
            "label pairs": lambda: (labels, random.integers(0, CLASSES, images)),  # noqa: B023
            "values": lambda: (random.normal(size=rows.shape).astype(np.float32), probabilities),  # noqa: B023
        }[case.data]()
        yield target, output, weights if case.weighted else None


def describe(metrics: Any, case: Case) -> dict[str, Any]:
    """Return the config, and the result after each batch."""
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
        # Without data, Keras' R2 is NaN.
        "reset": float(np.nan_to_num(np.max(np.asarray(metric.result(), np.float64)))),
    }


def _weighted_too(name: str, data: str, **arguments: Any) -> list[Case]:
    return [Case(name, data, arguments), Case(name, data, arguments, weighted=True)]


__all__ = [
    "CASES",
    "REFUSED",
    "Case",
    "batches",
    "describe",
    "plain",
    "random_predictions",
    "refusal",
]

CASES = [
    *_weighted_too("SparseCategoricalAccuracy", "integer labels"),
    *_weighted_too("SparseTopKCategoricalAccuracy", "integer labels", k=3),
    *_weighted_too("CategoricalAccuracy", "one-hot"),
    *_weighted_too("TopKCategoricalAccuracy", "one-hot", k=2),
    *_weighted_too("BinaryAccuracy", "multi-label"),
    *_weighted_too("BinaryAccuracy", "binary (n, 1)", threshold=0.3),
    *_weighted_too("Accuracy", "label pairs"),
    *(
        case
        for name in ("Precision", "Recall")
        for case in (
            *_weighted_too(name, "binary (n,)"),
            *_weighted_too(name, "binary (n, 1)"),
            *_weighted_too(name, "one-hot"),
            *_weighted_too(name, "multi-label", thresholds=[0.7, 0.2]),
            *_weighted_too(name, "multi-label", thresholds=[0.0, 0.5, 1.0]),
            *_weighted_too(name, "one-hot", top_k=2),
            *_weighted_too(name, "one-hot", class_id=3, thresholds=0.2),
            *_weighted_too(name, "one-hot", class_id=1, top_k=1),
            *_weighted_too(name, "logits", thresholds=0),
        )
    ),
    *(
        case
        for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
        for case in (
            *_weighted_too(name, "multi-label"),
            *_weighted_too(name, "binary (n,)", thresholds=[0.1, 0.9]),
        )
    ),
    *(
        case
        for average in (None, "micro", "macro", "weighted")
        for case in (
            *_weighted_too("F1Score", "one-hot", average=average),
            *_weighted_too("FBetaScore", "multi-label", average=average, beta=2.0, threshold=0.4),
        )
    ),
    *(
        case
        for curve in ("ROC", "PR", "PRGAIN")
        for summation in ("interpolation", "minoring", "majoring")
        for case in _weighted_too(
            "AUC", "multi-label", curve=curve, summation_method=summation, num_thresholds=20
        )
    ),
    *_weighted_too("MeanSquaredError", "values"),
    *_weighted_too("MeanAbsoluteError", "values"),
    *_weighted_too("RootMeanSquaredError", "values"),
    *_weighted_too("LogCoshError", "values"),
    *_weighted_too("CosineSimilarity", "values"),
    *_weighted_too("KLDivergence", "one-hot"),
    *_weighted_too("Hinge", "multi-label"),
    *_weighted_too("SquaredHinge", "multi-label"),
    *_weighted_too("CategoricalHinge", "one-hot"),
    *_weighted_too("MeanAbsolutePercentageError", "values"),
    *_weighted_too("MeanSquaredLogarithmicError", "values"),
    *_weighted_too("Poisson", "values"),
    *_weighted_too("R2Score", "values"),
    *_weighted_too("R2Score", "values", class_aggregation=None),
    *_weighted_too(
        "R2Score", "values", class_aggregation="variance_weighted_average", num_regressors=3
    ),
    *_weighted_too("BinaryCrossentropy", "multi-label"),
    *_weighted_too("BinaryCrossentropy", "logits", from_logits=True, label_smoothing=0.1),
    *_weighted_too("CategoricalCrossentropy", "one-hot", label_smoothing=0.2),
    *_weighted_too("SparseCategoricalCrossentropy", "integer labels"),
    *_weighted_too("AUC", "binary (n,)"),
    *_weighted_too("AUC", "binary (n, 1)"),
    *_weighted_too("AUC", "logits", from_logits=True),
    *_weighted_too("AUC", "binary (n,)", thresholds=[0.2, 0.3, 0.9]),
    *_weighted_too("AUC", "one-hot", multi_label=True),
    *_weighted_too("AUC", "one-hot", multi_label=True, curve="PR", label_weights=[1, 2, 0, 1, 3]),
    Case("AUC", "multi-label", {"label_weights": [1, 2, 0, 1, 3]}),
    *(
        case
        for name, argument in (
            ("PrecisionAtRecall", "recall"),
            ("RecallAtPrecision", "precision"),
            ("SensitivityAtSpecificity", "specificity"),
            ("SpecificityAtSensitivity", "sensitivity"),
        )
        for case in (
            *_weighted_too(name, "binary (n, 1)", **{argument: 0.6}),
            *_weighted_too(name, "multi-label", **{argument: 0.3}, num_thresholds=7),
            *_weighted_too(name, "one-hot", **{argument: 0.4}, class_id=2),
            *_weighted_too(name, "binary (n,)", **{argument: 0.1}, num_thresholds=1),
        )
    ),
    *_weighted_too("IoU", "label pairs", num_classes=5, target_class_ids=[0, 3], dtype="float32"),
    Case("IoU", "label pairs", {"num_classes": 4, "target_class_ids": (1, 2)}),
    *_weighted_too(
        "IoU",
        "integer labels",
        num_classes=5,
        target_class_ids=[4],
        sparse_y_pred=False,
        dtype="float32",
    ),
    *_weighted_too("BinaryIoU", "binary (n, 1)", threshold=0.3, dtype="float32"),
    Case("BinaryIoU", "multi-label", {"target_class_ids": [1]}),
    *_weighted_too("MeanIoU", "label pairs", num_classes=6, ignore_class=1, dtype="float32"),
    Case("MeanIoU", "label pairs", {"num_classes": 5}),
    *_weighted_too("OneHotIoU", "one-hot", num_classes=5, target_class_ids=[0, 2], dtype="float32"),
    *_weighted_too("OneHotMeanIoU", "one-hot", num_classes=5, dtype="float32"),
    *_weighted_too("PearsonCorrelation", "values"),
    *_weighted_too("ConcordanceCorrelation", "values"),
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
    ("PrecisionAtRecall", {"recall": 1.1}),
    ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 0}),
    ("IoU", {"num_classes": 2, "target_class_ids": [2]}),
]

SEEDS = 12  # the number of seeds of `random_predictions` in the stored expectations


def random_predictions(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, logits and weights of 2 to 8 classes.

    Some classes have no image, some are never predicted.
    """
    random = np.random.default_rng(seed)
    classes, images = int(random.integers(2, 9)), int(random.integers(1, 120))
    labels = random.integers(0, max(1, classes - seed % 3), images)
    logits = random.normal(size=(images, classes))
    logits[:, -1] -= 9 * (seed % 2)
    logits[np.arange(images), labels] += random.uniform(0, 2)
    return labels, logits, random.uniform(0.1, 2, images)


def scikit_learn_scores(metrics: Any, seed: int) -> dict[str, Any]:
    """Return scikit-learn's scores by name and average, without and with weights."""
    labels, logits, weights = random_predictions(seed)
    predicted, classes = logits.argmax(axis=1), logits.shape[1]
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
                plain(score(labels, predicted, sample_weight=given, **known))
                for given in (None, weights)
            ]
    return found
