"""Cases of the loss contract, for any implementation with Keras' names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from contract import refusal

IMAGES = 9


class Case(NamedTuple):
    """A loss with its arguments, the kind of its data, and the number of classes."""

    name: str
    data: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    classes: int = 5
    weighted: bool = False

    @property
    def title(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        weighted = ", weighted" if self.weighted else ""
        return f"{self.name}({inside}) on {self.data} of {self.classes}{weighted}"


def data(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return targets, outputs and weights."""
    random = np.random.default_rng(case.classes)
    shape = (IMAGES, case.classes)
    logits = random.normal(size=shape).astype(np.float32) * 3
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = random.integers(0, case.classes, IMAGES)
    targets, outputs = {
        "labels and logits": (labels, logits),
        "labels and probabilities": (labels, probabilities),
        "distributions and logits": (random.dirichlet(np.ones(case.classes), IMAGES), logits),
        "distributions and probabilities": (np.eye(case.classes)[labels], probabilities),
        "binary targets and logits": (random.integers(0, 2, shape), logits),
        "binary targets and probabilities": (random.integers(0, 2, shape), probabilities),
        "signs and logits": (random.choice([-1, 1], shape), logits),
        "positive values": (random.uniform(0, 4, shape), np.abs(logits) + np.float32(0.1)),
        "real values": (random.normal(size=shape), logits),
    }[case.data]
    weights = random.uniform(0, 2, IMAGES).astype(np.float32) if case.weighted else None
    if targets.dtype.kind == "f":
        targets = targets.astype(np.float32)
    return targets, outputs, weights


_LOGITS = {"from_logits": True}
_VARIANTS: list[tuple[str, str, dict[str, Any]]] = [
    ("SparseCategoricalCrossentropy", "labels and logits", _LOGITS),
    ("SparseCategoricalCrossentropy", "labels and probabilities", {}),
    ("SparseCategoricalCrossentropy", "labels and logits", {**_LOGITS, "ignore_class": 2}),
    ("SparseCategoricalCrossentropy", "labels and logits", {**_LOGITS, "reduction": "sum"}),
    ("CategoricalCrossentropy", "distributions and logits", _LOGITS),
    ("CategoricalCrossentropy", "distributions and probabilities", {}),
    ("CategoricalCrossentropy", "distributions and logits", {**_LOGITS, "label_smoothing": 0.2}),
    (
        "CategoricalCrossentropy",
        "distributions and probabilities",
        {"reduction": "mean_with_sample_weight"},
    ),
    ("CategoricalFocalCrossentropy", "distributions and logits", _LOGITS),
    (
        "CategoricalFocalCrossentropy",
        "distributions and probabilities",
        {"alpha": 0.5, "gamma": 1.5},
    ),
    (
        "CategoricalFocalCrossentropy",
        "distributions and logits",
        {**_LOGITS, "label_smoothing": 0.1},
    ),
    ("BinaryCrossentropy", "binary targets and logits", {**_LOGITS, "label_smoothing": 0.1}),
    ("BinaryCrossentropy", "binary targets and probabilities", {}),
    ("BinaryFocalCrossentropy", "binary targets and logits", _LOGITS),
    ("BinaryFocalCrossentropy", "binary targets and probabilities", {"gamma": 3.0}),
    (
        "BinaryFocalCrossentropy",
        "binary targets and logits",
        {**_LOGITS, "apply_class_balancing": True, "alpha": 0.7, "label_smoothing": 0.1},
    ),
    ("MeanSquaredError", "real values", {}),
    ("MeanAbsoluteError", "real values", {}),
    ("Huber", "real values", {}),
    ("Huber", "real values", {"delta": 2.5, "reduction": "sum"}),
    ("LogCosh", "real values", {}),
    ("KLDivergence", "distributions and probabilities", {}),
    ("Hinge", "binary targets and logits", {}),
    ("Hinge", "signs and logits", {"reduction": "sum"}),
    ("SquaredHinge", "binary targets and logits", {}),
    ("SquaredHinge", "signs and logits", {}),
    ("CategoricalHinge", "distributions and probabilities", {}),
    ("CategoricalHinge", "distributions and logits", {"reduction": "mean_with_sample_weight"}),
    ("CosineSimilarity", "real values", {}),
    ("MeanAbsolutePercentageError", "positive values", {}),
    ("MeanSquaredLogarithmicError", "positive values", {}),
    ("MeanSquaredLogarithmicError", "real values", {}),
    ("Poisson", "positive values", {}),
]
__all__ = ["CASES", "REFUSED", "Case", "data", "refusal"]

CASES = [
    Case(name, kind, arguments, classes, weighted)
    for name, kind, arguments in _VARIANTS
    for classes, weighted in ((5, False), (5, True), (33, False))
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("MeanSquaredError", {"reduction": "average"}),
    ("SparseCategoricalCrossentropy", {"reduction": "average"}),
    ("Huber", {"reduction": 3}),
]
