"""Metrics are Keras', live and on random numbers, batch after batch."""

import os
from typing import Any

import numpy as np
import pytest

from scallion import metrics

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SparseCategoricalAccuracy", {}),
    ("SparseTopKCategoricalAccuracy", {"k": 3}),
    ("CategoricalAccuracy", {}),
    ("TopKCategoricalAccuracy", {"k": 2}),
    ("BinaryAccuracy", {}),
    ("BinaryAccuracy", {"threshold": 0.3}),
    ("Accuracy", {}),
]


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_three_batches(name: str, options: dict[str, Any], weighted: bool) -> None:
    random = np.random.default_rng(5)
    theirs, ours = getattr(keras.metrics, name)(**options), getattr(metrics, name)(**options)
    for images in (32, 32, 7):
        # One digit after the point: many outputs are equal.
        outputs = random.uniform(size=(images, 6)).round(1).astype(np.float32)
        targets: np.ndarray = random.integers(0, 6, images)
        if name in ("CategoricalAccuracy", "TopKCategoricalAccuracy"):
            targets = np.eye(6, dtype=np.float32)[targets]
        elif name == "BinaryAccuracy":
            targets = random.integers(0, 2, (images, 6))
        elif name == "Accuracy":
            outputs = random.integers(0, 6, images).astype(np.float32)
        weights = random.uniform(0, 2, images).astype(np.float32) if weighted else None
        theirs.update_state(targets, outputs, sample_weight=weights)
        ours.update_state(targets, outputs, sample_weight=weights)
        assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-6)
    assert ours.get_config() == theirs.get_config()
