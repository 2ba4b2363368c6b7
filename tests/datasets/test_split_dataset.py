"""`split_dataset`, with shuffled parts from Keras 3.15 on TensorFlow."""

from typing import Any

import numpy as np
import pytest

from scallion.datasets.pipeline import Dataset
from scallion.datasets.split_dataset import split_dataset
from scallion.errors import DataError

X = np.arange(20.0).reshape(10, 2)


def firsts(dataset: Dataset) -> list[int]:
    """Return the row number of each element."""
    return [int(element[0] if np.ndim(element) else element) // 2 for element in dataset]


@pytest.mark.parametrize(
    ("sizes", "left", "right"),
    [
        ({"left_size": 0.8}, 8, 2),
        ({"right_size": 0.25}, 8, 2),
        ({"left_size": 3}, 3, 7),
        ({"right_size": 3}, 7, 3),
        ({"left_size": 0.5, "right_size": 0.2}, 5, 2),
        ({"left_size": 2, "right_size": 0.3}, 2, 3),
    ],
    ids=str,
)
def test_parts_are_the_first_and_last_elements(
    sizes: dict[str, float], left: int, right: int
) -> None:
    first, second = split_dataset(X, **sizes)
    assert (len(first), len(second)) == (left, right)
    assert firsts(first) == list(range(left))
    assert firsts(second) == list(range(10 - right, 10))


def test_a_seed_shuffles_as_in_keras() -> None:
    left, right = split_dataset(X, left_size=0.6, shuffle=True, seed=7)
    assert (firsts(left), firsts(right)) == ([8, 3, 1, 4, 7, 0], [9, 6, 2, 5])


def test_batched_data_is_split_between_images() -> None:
    labels = np.arange(10)
    left, right = split_dataset((X, labels), left_size=0.7)
    assert [int(label) for _, label in left] == list(range(7))
    assert all(image[0] == 2 * label for image, label in right)
    batched = Dataset.from_tensor_slices((X, labels)).batch(4)
    left, right = split_dataset(batched, left_size=0.7)
    assert [y.tolist() for _, y in left] == [[0, 1, 2, 3], [4, 5, 6]]
    assert [y.tolist() for _, y in right] == [[7, 8, 9]]
    # After another step the batch size is unknown, as in TensorFlow: batches are then elements.
    left, right = split_dataset(batched.prefetch(1), left_size=2)
    assert [y.tolist() for _, y in right] == [[8, 9]]


@pytest.mark.parametrize(
    ("dataset", "sizes", "error"),
    [
        (X, {}, ValueError),
        (X, {"left_size": 1.0}, ValueError),
        (X, {"left_size": 10}, ValueError),
        (X, {"right_size": 0}, ValueError),
        (X, {"left_size": 0.7, "right_size": 0.5}, ValueError),
        (X, {"left_size": 0.01}, ValueError),
        (X, {"left_size": "most"}, TypeError),
        ("images", {"left_size": 0.5}, TypeError),
        ((X, np.arange(3)), {"left_size": 0.5}, DataError),
    ],
    ids=str,
)
def test_invalid_sizes_raise(dataset: Any, sizes: Any, error: type) -> None:
    with pytest.raises(error, match=r"Received|is needed"):
        split_dataset(dataset, **sizes)
