"""Random arrays of `scallion.random`: shapes, ranges, and the same values from the same seed."""

import numpy as np
import pytest

from scallion import random, session


@pytest.mark.parametrize(
    ("name", "arguments", "least", "most"),
    [
        ("uniform", ((500,), -1.0, 2.0), -1.0, 2.0),
        ("normal", ((500,), 5.0, 0.1), 4.0, 6.0),
        ("truncated_normal", ((500,), 5.0, 0.1), 4.8, 5.2),
        ("randint", ((500,), 3, 6), 3, 5),
    ],
)
def test_arrays_are_in_their_range_and_repeatable(
    name: str, arguments: tuple[object, ...], least: float, most: float
) -> None:
    draw = getattr(random, name)
    session.set_random_seed(7)
    first, second = draw(*arguments), draw(*arguments)
    session.set_random_seed(7)
    assert np.array_equal(draw(*arguments), first)
    assert not np.array_equal(first, second)
    assert first.shape == (500,)
    assert least <= first.min() < first.max() <= most
    assert np.array_equal(draw(*arguments, seed=3), draw(*arguments, seed=3))


def test_a_seed_generator_gives_one_seed_after_another() -> None:
    one, other = random.SeedGenerator(4), random.SeedGenerator(4)
    first = random.uniform((3,), seed=one)
    assert np.array_equal(random.uniform((3,), seed=other), first)
    assert not np.array_equal(random.uniform((3,), seed=one), first)


def test_shuffled_and_drawn_values() -> None:
    assert sorted(random.shuffle(np.arange(9), seed=1).tolist()) == list(range(9))
    drawn = random.categorical(np.log([[0.5, 0.5, 1e-9]]), 200, seed=1)
    assert drawn.shape == (1, 200)
    assert set(drawn.ravel().tolist()) == {0, 1}
