"""`to_categorical` and `normalize`, with results of Keras 3.15."""

from typing import Any

import numpy as np
import pytest

from scallion.errors import ArgumentError, DataError
from scallion.utils import normalize, to_categorical


@pytest.mark.parametrize(
    ("labels", "classes", "wanted"),
    [
        ([0, 2], None, [[1, 0, 0], [0, 0, 1]]),
        ([[1], [0]], 3, [[0, 1, 0], [1, 0, 0]]),
        ([[0, 1]], None, [[[1, 0], [0, 1]]]),
        ([1.0, 0.0], 2, [[0, 1], [1, 0]]),
    ],
)
def test_one_hot_rows(labels: Any, classes: int | None, wanted: Any) -> None:
    rows = to_categorical(labels, classes)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, wanted)


@pytest.mark.parametrize(("labels", "word"), [([3, 0], "3"), ([-1, 0], "-1")])
def test_labels_outside_the_classes_raise(labels: list[int], word: str) -> None:
    with pytest.raises(DataError, match=f"from 0 to 1. Received: {word}"):
        to_categorical(labels, 2)


def test_text_labels_raise() -> None:
    with pytest.raises(DataError, match="class indices"):
        to_categorical(["cat", "dog"])


def test_norms() -> None:
    np.testing.assert_allclose(normalize([[3, 4], [0, 0]]), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize([1.0, 3.0], order=1), [[0.25, 0.75]])
    with pytest.raises(ArgumentError, match="order=0"):
        normalize([1.0], order=0)
