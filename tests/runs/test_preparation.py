"""What is settled before the first step."""

from pathlib import Path

import numpy as np
import pytest

from scallion.datasets import DatasetArrays
from scallion.errors import ArgumentError, DataError, MissingFileError, UnknownNameError
from scallion.runs import Settings, prepare
from scallion.runs.training.splits import pixel_scale, split_arrays


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


def test_without_a_test_split_a_tenth_is_cut_for_it_first() -> None:
    splits = split_arrays(arrays(200, test=False))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (162, 18, 20)


def test_each_image_keeps_its_label() -> None:
    splits = split_arrays(arrays(200, test=False))
    for part in (splits.train, splits.validation, splits.test):
        assert np.array_equal(part.x[:, 0, 0, 0] % 4, part.y)


def test_a_limit_keeps_the_first_training_images_and_the_whole_test() -> None:
    splits = split_arrays(arrays(200), 40)
    seen = {*splits.train.x[:, 0, 0, 0], *splits.validation.x[:, 0, 0, 0]}
    assert seen == set(range(40))
    assert len(splits.test) == 8


def test_too_few_images_are_refused() -> None:
    with pytest.raises(DataError, match="5 training images are too few") as caught:
        split_arrays(arrays(200), 5)
    assert caught.value.hint == "limit=20 or more"


def test_the_validation_images_do_not_depend_on_the_seed(stripes: Path) -> None:
    one, two = (prepare(Settings(str(stripes), seed=seed)) for seed in (1, 2))
    assert one.splits.sha256 == two.splits.sha256
    assert np.array_equal(one.splits.validation.x, two.splits.validation.x)


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
def test_pixels_are_brought_between_0_and_1(pixels: np.ndarray, scale: float) -> None:
    assert pixel_scale(pixels) == scale


def test_what_is_not_asked_for_comes_from_the_recipe(stripes: Path) -> None:
    prepared = prepare(Settings(str(stripes), "quick"))
    assert (prepared.epochs, prepared.batch_size) == (
        prepared.recipe.epochs,
        prepared.recipe.batch_size,
    )
    asked = prepare(
        Settings(str(stripes), "quick", epochs=3, batch_size=16, learning_rate=0.5)
    ).config()
    assert (asked["epochs"], asked["batch_size"], asked["learning_rate"]) == (3, 16, 0.5)


def test_the_same_seed_gives_the_same_network(stripes: Path) -> None:
    first, again, other = (
        prepare(Settings(str(stripes), seed=seed)).model.get_weights()[0] for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        (Settings("fashion-mnits"), UnknownNameError, "unknown data set"),
        (Settings("nothere.npz"), MissingFileError, "nothere.npz"),
        (Settings(__file__), ArgumentError, "an image folder or a .npz file"),
        (Settings(model="quik"), UnknownNameError, "unknown model"),
        (Settings(epochs=0), ArgumentError, "epochs is a whole number"),
        (Settings(batch_size=-1), ArgumentError, "batch_size is a whole number"),
        (Settings(limit=0), ArgumentError, "limit is a whole number"),
        (Settings(learning_rate=0.0), ArgumentError, "the learning rate"),
        (Settings(learning_rate=float("nan")), ArgumentError, "the learning rate"),
        (Settings(seed=-1), ArgumentError, "a seed must be an integer"),
    ],
)
def test_what_cannot_work_is_refused_before_any_data_is_read(
    settings: Settings, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        prepare(settings)
    assert caught.value.hint
