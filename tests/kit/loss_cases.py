"""Losses in many ways, and what any implementation with Keras' names says of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from contract import refusal

IMAGES = 9


class Case(NamedTuple):
    """A loss with its arguments, the kind of data it is given, and the number of classes."""

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
    """Targets, outputs and weights."""
    random = np.random.default_rng(case.classes)
    shape = (IMAGES, case.classes)
    scores = random.normal(size=shape).astype(np.float32) * 3
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = random.integers(0, case.classes, IMAGES)
    targets, outputs = {
        "classes and scores": (labels, scores),
        "classes and shares": (labels, shares),
        "rows and scores": (random.dirichlet(np.ones(case.classes), IMAGES), scores),
        "rows and shares": (np.eye(case.classes)[labels], shares),
        "answers and scores": (random.integers(0, 2, shape), scores),
        "answers and shares": (random.integers(0, 2, shape), shares),
        "signs and scores": (random.choice([-1, 1], shape), scores),
        "sizes": (random.uniform(0, 4, shape), np.abs(scores) + np.float32(0.1)),
        "numbers": (random.normal(size=shape), scores),
    }[case.data]
    weights = random.uniform(0, 2, IMAGES).astype(np.float32) if case.weighted else None
    if targets.dtype.kind == "f":
        targets = targets.astype(np.float32)
    return targets, outputs, weights


_LOGITS = {"from_logits": True}
_KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("SparseCategoricalCrossentropy", "classes and scores", _LOGITS),
    ("SparseCategoricalCrossentropy", "classes and shares", {}),
    ("SparseCategoricalCrossentropy", "classes and scores", {**_LOGITS, "ignore_class": 2}),
    ("SparseCategoricalCrossentropy", "classes and scores", {**_LOGITS, "reduction": "sum"}),
    ("CategoricalCrossentropy", "rows and scores", _LOGITS),
    ("CategoricalCrossentropy", "rows and shares", {}),
    ("CategoricalCrossentropy", "rows and scores", {**_LOGITS, "label_smoothing": 0.2}),
    ("CategoricalCrossentropy", "rows and shares", {"reduction": "mean_with_sample_weight"}),
    ("CategoricalFocalCrossentropy", "rows and scores", _LOGITS),
    ("CategoricalFocalCrossentropy", "rows and shares", {"alpha": 0.5, "gamma": 1.5}),
    ("CategoricalFocalCrossentropy", "rows and scores", {**_LOGITS, "label_smoothing": 0.1}),
    ("BinaryCrossentropy", "answers and scores", {**_LOGITS, "label_smoothing": 0.1}),
    ("BinaryCrossentropy", "answers and shares", {}),
    ("BinaryFocalCrossentropy", "answers and scores", _LOGITS),
    ("BinaryFocalCrossentropy", "answers and shares", {"gamma": 3.0}),
    (
        "BinaryFocalCrossentropy",
        "answers and scores",
        {**_LOGITS, "apply_class_balancing": True, "alpha": 0.7, "label_smoothing": 0.1},
    ),
    ("MeanSquaredError", "numbers", {}),
    ("MeanAbsoluteError", "numbers", {}),
    ("Huber", "numbers", {}),
    ("Huber", "numbers", {"delta": 2.5, "reduction": "sum"}),
    ("LogCosh", "numbers", {}),
    ("KLDivergence", "rows and shares", {}),
    ("Hinge", "answers and scores", {}),
    ("Hinge", "signs and scores", {"reduction": "sum"}),
    ("SquaredHinge", "answers and scores", {}),
    ("SquaredHinge", "signs and scores", {}),
    ("CategoricalHinge", "rows and shares", {}),
    ("CategoricalHinge", "rows and scores", {"reduction": "mean_with_sample_weight"}),
    ("CosineSimilarity", "numbers", {}),
    ("MeanAbsolutePercentageError", "sizes", {}),
    ("MeanSquaredLogarithmicError", "sizes", {}),
    ("MeanSquaredLogarithmicError", "numbers", {}),
    ("Poisson", "sizes", {}),
]
__all__ = ["CASES", "REFUSED", "Case", "data", "refusal"]

CASES = [
    Case(name, kind, arguments, classes, weighted)
    for name, kind, arguments in _KINDS
    for classes, weighted in ((5, False), (5, True), (33, False))
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("MeanSquaredError", {"reduction": "average"}),
    ("SparseCategoricalCrossentropy", {"reduction": "average"}),
    ("Huber", {"reduction": 3}),
]
