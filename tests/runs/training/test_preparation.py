"""Preparation of a run before the first step."""

from pathlib import Path

import numpy as np
import pytest

from scallion.errors import ArgumentError, MissingFileError, UnknownNameError
from scallion.runs import Settings, prepare


def test_validation_images_do_not_depend_on_the_seed(stripes: Path) -> None:
    one, two = (prepare(Settings(str(stripes), seed=seed)) for seed in (1, 2))
    assert one.splits.sha256 == two.splits.sha256
    assert np.array_equal(one.splits.validation.x, two.splits.validation.x)


def test_the_recipe_gives_the_defaults(stripes: Path) -> None:
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
        (Settings(epochs=0), ArgumentError, "epochs is an integer"),
        (Settings(batch_size=-1), ArgumentError, "batch_size is an integer"),
        (Settings(limit=0), ArgumentError, "limit is an integer"),
        (Settings(learning_rate=0.0), ArgumentError, "the learning rate"),
        (Settings(learning_rate=float("nan")), ArgumentError, "the learning rate"),
        (Settings(seed=-1), ArgumentError, "a seed must be an integer"),
    ],
)
def test_invalid_settings_are_refused_before_training(
    settings: Settings, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        prepare(settings)
    assert caught.value.hint
