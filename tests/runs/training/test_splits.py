"""Splits of arrays into training, validation and test images."""

from dataclasses import replace

import numpy as np
import pytest

from scallion.datasets import DatasetArrays
from scallion.errors import DataError
from scallion.runs.training.splits import LabelledImages, balance_classes, pixel_scale, split_arrays


def test_balanced_weights_have_mean_one() -> None:
    part = balance_classes(LabelledImages(np.zeros((6, 1)), np.array([0, 0, 0, 0, 1, 1])), 2)
    assert part.weights is not None
    assert part.weights.tolist() == [0.75, 0.75, 0.75, 0.75, 1.5, 1.5]


def arrays(count: int, *, test: bool = True) -> DatasetArrays:
    """Images that each hold their own number, so that one can see where they went."""
    x = np.arange(count, dtype=np.int64).reshape(-1, 1, 1, 1) * np.ones((1, 4, 4, 1), np.int64)
    y = np.arange(count) % 4
    if not test:
        return DatasetArrays(x, y, None, None, ("a", "b", "c", "d"), "mine")
    return DatasetArrays(x, y, x[:8] + count, y[:8], ("a", "b", "c", "d"), "mine")


@pytest.mark.parametrize("test", [True, False])
def test_three_splits_share_no_image(test: bool) -> None:
    splits = split_arrays(arrays(200, test=test))
    numbers = [set(part.x[:, 0, 0, 0]) for part in (splits.train, splits.validation, splits.test)]
    assert sum(map(len, numbers)) == len(set.union(*numbers)) == (208 if test else 200)


def test_validation_is_a_tenth_of_the_training_images() -> None:
    splits = split_arrays(arrays(200))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (180, 20, 8)


def test_a_missing_test_split_is_a_tenth() -> None:
    splits = split_arrays(arrays(200, test=False))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (162, 18, 20)


def test_each_image_keeps_its_label() -> None:
    splits = split_arrays(arrays(200, test=False))
    for part in (splits.train, splits.validation, splits.test):
        assert np.array_equal(part.x[:, 0, 0, 0] % 4, part.y)


def test_a_limit_keeps_all_test_images() -> None:
    splits = split_arrays(arrays(200), 40)
    seen = {*splits.train.x[:, 0, 0, 0], *splits.validation.x[:, 0, 0, 0]}
    assert seen == set(range(40))
    assert len(splits.test) == 8


def test_too_few_images_are_refused() -> None:
    with pytest.raises(DataError, match="5 training images are too few") as caught:
        split_arrays(arrays(200), 5)
    assert caught.value.hint == "limit=20 or more"


@pytest.mark.parametrize(
    ("pixels", "scale"),
    [
        (np.array([0, 3], np.uint8), 1 / 255),
        (np.array([0, 200], np.int64), 1 / 255),
        (np.array([0, 1], np.int64), 1.0),
        (np.array([0, 300], np.uint16), 1 / 65535),
        (np.array([0.0, 1.0]), 1.0),
        (np.array([0.0, 255.0], np.float32), 1 / 255),
        (np.array([-1.0, 300.0]), 1.0),
        (np.array([0.0, 131070.0]), 1 / 131070),
        (np.array([False, True]), 1.0),
    ],
)
def test_pixels_are_scaled_to_0_to_1(pixels: np.ndarray, scale: float) -> None:
    assert pixel_scale(pixels) == scale


def test_validation_images_of_the_data_are_used() -> None:
    given = arrays(40)
    x, y = np.full((5, 4, 4, 1), 77), np.arange(5) % 4
    splits = split_arrays(replace(given, x_val=x, y_val=y))
    assert np.array_equal(splits.validation.x, x)
    assert np.array_equal(splits.train.x, given.x_train)
    again = split_arrays(replace(given, x_val=x, y_val=y[::-1].copy()))
    assert splits.sha256 != again.sha256
    few = replace(given, x_train=given.x_train[:3], y_train=given.y_train[:3], x_val=x, y_val=y)
    assert len(split_arrays(few).train) == 3
    assert len(split_arrays(replace(given, x_val=x, y_val=y), limit=2).validation) == 2


def test_images_that_are_all_black_are_not_scaled() -> None:
    assert pixel_scale(np.zeros((2, 4, 4, 1), np.float32)) == 1
