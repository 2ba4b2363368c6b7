"""The validation split: stratified and reproducible."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scallion.datasets import split
from scallion.errors import ArgumentError, DataError


def test_each_class_is_split_proportionally():
    labels = np.repeat([0, 1, 2], [600, 300, 120])
    indices = split(labels, fraction=1 / 6, seed=7)
    assert np.bincount(labels[indices.validation]).tolist() == [100, 50, 20]
    assert np.bincount(labels[indices.train]).tolist() == [500, 250, 100]


def test_sixty_thousand_images_give_ten_thousand():
    indices = split(np.tile(np.arange(10), 6000), fraction=1 / 6, seed=0)
    assert (len(indices.train), len(indices.validation)) == (50_000, 10_000)


def test_remainders_go_to_the_largest_fractions():
    # A fifth of 7, 5 and 3 images is 1.4, 1.0 and 0.6: three in all, so the last class gets one.
    labels = np.repeat([0, 1, 2], [7, 5, 3])
    indices = split(labels, fraction=0.2, seed=0)
    assert np.bincount(labels[indices.validation], minlength=3).tolist() == [1, 1, 1]


def test_a_class_with_one_image_stays_in_training():
    labels = np.array([0] * 9 + [1])
    indices = split(labels, fraction=0.9, seed=0)
    assert 9 in indices.train
    assert np.bincount(labels[indices.train]).tolist() == [1, 1]


def test_indices_are_ascending_and_complete():
    indices = split(np.arange(1000) % 7, fraction=0.3, seed=3)
    assert np.all(np.diff(indices.train) > 0)
    assert np.all(np.diff(indices.validation) > 0)
    assert sorted([*indices.train, *indices.validation]) == list(range(1000))
    assert indices.train.dtype == indices.validation.dtype == np.int64


def splitmix64(start, count):
    """Return the values of Vigna's splitmix64.c (public domain), in Python integers."""
    mask = (1 << 64) - 1
    for _ in range(count):
        start = (start + 0x9E3779B97F4A7C15) & mask
        z = start
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def test_random_keys_match_splitmix64():
    # splitmix64.c, seed 1234567: the first values as published with Rosetta Code's task
    # "Pseudo-random numbers/Splitmix64".
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert list(splitmix64(1234567, 3)) == published


@pytest.mark.parametrize("seed", [0, 1, 42, 2**64 - 1])
def test_the_split_matches_its_definition(seed):
    labels = np.array([0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1] * 5)
    mixed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
    keys = list(splitmix64(mixed ^ (mixed >> 31), len(labels)))
    expected = []
    for name in (0, 1):
        places = [place for place, label in enumerate(labels) if label == name]
        expected += sorted(places, key=keys.__getitem__)[: round(len(places) * 0.2)]
    assert split(labels, fraction=0.2, seed=seed).validation.tolist() == sorted(expected)


def test_the_split_depends_on_its_seed_only():
    labels = np.arange(500) % 10
    np.random.seed(1)
    first = split(labels, fraction=0.2, seed=5)
    np.random.seed(2)
    np.random.rand(100)
    second = split(labels, fraction=0.2, seed=5)
    assert first.validation.tolist() == second.validation.tolist()
    assert first.sha256 == second.sha256


def test_another_seed_gives_another_split():
    labels = np.arange(500) % 10
    hashes = {split(labels, fraction=0.2, seed=seed).sha256 for seed in range(20)}
    assert len(hashes) == 20


def test_consecutive_seeds_give_independent_splits():
    # Two splits of a tenth share a hundredth: 1,000 expected, five standard deviations are 150.
    labels = np.zeros(100_000, int)
    first = split(labels, fraction=0.1, seed=1).validation
    second = split(labels, fraction=0.1, seed=2).validation
    assert 850 < len(np.intersect1d(first, second)) < 1150


def test_the_hash_covers_both_index_arrays():
    indices = split([0, 0, 0, 0], fraction=0.5, seed=0)
    numbers = [2, 2, *indices.train.tolist(), *indices.validation.tolist()]
    packed = b"".join(number.to_bytes(8, "little") for number in numbers)
    assert indices.sha256 == hashlib.sha256(packed).hexdigest()


def test_the_type_of_labels_does_not_matter():
    labels = np.arange(60) % 4
    cuts = [
        split(form, fraction=0.25, seed=9).sha256
        for form in (labels, labels[:, None], labels.astype(np.uint8), labels.tolist())
    ]
    assert len(set(cuts)) == 1
    assert len(split(["cat", "dog"] * 10, fraction=0.5).validation) == 10


@given(
    st.lists(st.integers(0, 5), min_size=2, max_size=80),
    st.floats(0.01, 0.99),
    st.integers(0, 2**64 - 1),
)
def test_class_counts_are_within_one_of_exact(labels, fraction, seed):
    labels = np.array(labels)
    try:
        indices = split(labels, fraction=fraction, seed=seed)
    except DataError:
        return
    assert sorted([*indices.train, *indices.validation]) == list(range(len(labels)))
    assert set(labels[indices.train]) == set(labels)
    for name in set(labels):
        size = int(np.sum(labels == name))
        taken = int(np.sum(labels[indices.validation] == name))
        assert abs(taken - size * fraction) < 1 or taken == size - 1


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_outside_zero_and_one_raises(fraction):
    with pytest.raises(ArgumentError, match=r"between 0 and 1. Received: fraction=.*\nhint: fract"):
        split([0, 1] * 5, fraction=fraction)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, None])
def test_an_invalid_seed_raises(seed):
    with pytest.raises(ArgumentError, match=r"a seed is an integer .* Received: seed="):
        split([0, 1] * 5, fraction=0.5, seed=seed)


@pytest.mark.parametrize("labels", [[], [1], np.eye(3), 5])
def test_labels_that_cannot_be_split_raise(labels):
    with pytest.raises(DataError, match=r"needs two or more labels.*Received: shape"):
        split(labels, fraction=0.5)


def test_an_empty_validation_split_raises():
    with pytest.raises(DataError, match=r"3 images in 3 classes leave none .*\nhint: use more"):
        split([0, 1, 2], fraction=0.2)
