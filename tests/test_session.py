"""The global state: seed, threads and automatic names."""

import os
import random

import numpy as np
import pytest

import scallion
from scallion import session
from scallion.errors import ArgumentError


def test_seeds_follow_from_the_session_seed() -> None:
    session.set_random_seed(1)
    first = [session.next_seed() for _ in range(3)]
    session.set_random_seed(1)
    assert [session.next_seed() for _ in range(3)] == first
    assert len(set(first)) == 3
    assert all(0 <= seed < 2**64 for seed in first)
    session.set_random_seed(2)
    assert session.next_seed() not in first


def test_without_a_seed_seeds_are_random() -> None:
    assert len({session.next_seed() for _ in range(100)}) == 100


def test_derive_seed_is_splitmix64() -> None:
    # The first outputs for seed 1234567, from the algorithm's published test vector.
    assert [session.derive_seed(1234567, n) for n in (1, 2, 3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_python_and_numpy_generators_are_seeded() -> None:
    scallion.utils.set_random_seed(9)
    first = random.random(), np.random.rand()
    scallion.utils.set_random_seed(9)
    assert (random.random(), np.random.rand()) == first


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "1", None, True])
def test_invalid_seeds_are_refused(seed: object) -> None:
    with pytest.raises(ArgumentError, match=r"Received: seed=.*\nhint: set_random_seed\(42\)"):
        session.set_random_seed(seed)


def test_numpy_integers_are_seeds() -> None:
    session.set_random_seed(np.int64(5))
    first = session.next_seed()
    session.set_random_seed(5)
    assert session.next_seed() == first


def test_threads_default_to_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert scallion.get_threads() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert scallion.get_threads() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert scallion.get_threads() == 1


def test_set_threads_overrides_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALLION_THREADS", "5")
    assert scallion.get_threads() == 5
    scallion.set_threads(2)
    assert scallion.get_threads() == 2
    scallion.set_threads(None)
    assert scallion.get_threads() == 5


@pytest.mark.parametrize("count", [0, -1, 1025, 1.5, "2", True])
def test_invalid_thread_counts_are_refused(count: object) -> None:
    with pytest.raises(
        ArgumentError, match=r"from 1 to 1024. Received: .*\nhint: set_threads\(2\)"
    ):
        scallion.set_threads(count)


@pytest.mark.parametrize("value", ["0", "many", "-2", "1025", "1.5"])
def test_an_invalid_variable_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SCALLION_THREADS", value)
    with pytest.raises(ArgumentError, match=f"Received: '{value}'\nhint: SCALLION_THREADS=2"):
        scallion.get_threads()


def test_an_empty_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALLION_THREADS", "")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert scallion.get_threads() == 1


def test_names_are_counted_per_class() -> None:
    names = [session.unique_name(kind) for kind in ("dense", "dense", "conv2d", "dense")]
    assert names == ["dense", "dense_1", "conv2d", "dense_2"]
    session.clear_session()
    assert session.unique_name("dense") == "dense"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        # Printed by Keras 3.15.
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("MaxPooling2D", "max_pooling2d"),
        ("GlobalAveragePooling2D", "global_average_pooling2d"),
        ("ReLU", "re_lu"),
        ("PReLU", "p_re_lu"),
        ("LeakyReLU", "leaky_re_lu"),
        ("ELU", "elu"),
        ("DepthwiseConv2D", "depthwise_conv2d"),
        ("SeparableConv2D", "separable_conv2d"),
        ("ZeroPadding2D", "zero_padding2d"),
        ("UpSampling2D", "up_sampling2d"),
        ("SpatialDropout2D", "spatial_dropout2d"),
        ("BatchNormalization", "batch_normalization"),
        ("InputLayer", "input_layer"),
    ],
)
def test_snake_case_matches_keras(kind: str, name: str) -> None:
    assert session.snake_case(kind) == name
