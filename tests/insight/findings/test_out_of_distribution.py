"""Images that are unlike those that were trained on are told apart; most others are not."""

import json

import numpy as np
import pytest

from scallion.errors import DataError
from scallion.insight.findings.out_of_distribution import (
    OutOfDistributionDetector,
    fit_detector,
    thumbnails,
)


def clouds(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two classes of features, around (0, 0, 0) and (9, 0, 0); images that are brighter below."""
    dice = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    features = dice.normal(size=(count, 3)) + labels[:, None] * [9, 0, 0]
    images = dice.integers(0, 60, (count, 8, 8, 1)) + np.arange(8)[:, None, None] * 20
    return features, labels, images.astype(np.uint8)


@pytest.fixture
def known() -> OutOfDistributionDetector:
    features, labels, images = clouds(600, 1)
    held = clouds(400, 2)
    return fit_detector(features, labels, images, held[0], held[2])


def test_new_images_of_the_same_kind_are_familiar(known: OutOfDistributionDetector) -> None:
    features, _, images = clouds(1000, 3)
    assert known.unlike(features, images).mean() < 0.03


def test_what_lies_between_the_classes_or_far_away_is_not(known: OutOfDistributionDetector) -> None:
    _, _, images = clouds(3, 4)
    strange = known.unlike([[4.5, 0, 0], [0, 30, 0], [0, 0, 0]], images)
    assert strange.tolist() == [True, True, False]


def test_an_image_that_looks_otherwise_is_not_whatever_the_network_sees(
    known: OutOfDistributionDetector,
) -> None:
    features, _, images = clouds(2, 4)
    assert known.unlike(features, 255 - images).all()


def test_it_survives_being_written_down(known: OutOfDistributionDetector) -> None:
    again = OutOfDistributionDetector.from_dict(json.loads(json.dumps(known.as_dict())))
    features, _, images = clouds(500, 5)
    assert np.array_equal(again.unlike(features, images), known.unlike(features, images))


def test_what_is_damaged_is_refused() -> None:
    with pytest.raises(DataError, match="is damaged"):
        OutOfDistributionDetector.from_dict({"inner": {"centres": 3}, "look": {}})


# 120 numbers at most: 10 x 10 of grey, 6 x 6 of colour; blocks of a 4x4 image are its pixels.
def test_thumbnails_are_means_over_blocks() -> None:
    assert thumbnails(np.zeros((2, 28, 28, 1))).shape == (2, 100)
    assert thumbnails(np.zeros((2, 32, 32, 3))).shape == (2, 108)
    image = np.arange(400.0).reshape(1, 20, 20, 1)
    assert thumbnails(image)[0, 0] == (0 + 1 + 20 + 21) / 4


def test_features_that_never_vary_do_no_harm() -> None:
    features, labels, images = np.zeros((50, 4)), np.arange(50) % 2, clouds(50, 6)[2]
    known = fit_detector(features, labels, images, features, images)
    assert not known.unlike(features[:1], images[:1]).any()
