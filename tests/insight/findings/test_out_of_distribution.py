"""Images unlike the training images are detected; most others are not."""

import json

import numpy as np
import pytest

from scallion.errors import DataError
from scallion.insight.findings.out_of_distribution import (
    OutOfDistributionDetector,
    fit_detector,
    make_thumbnails,
)


def sample(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two classes of features, around (0, 0, 0) and (9, 0, 0); images that are brighter below."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    features = random.normal(size=(count, 3)) + labels[:, None] * [9, 0, 0]
    images = random.integers(0, 60, (count, 8, 8, 1)) + np.arange(8)[:, None, None] * 20
    return features, labels, images.astype(np.uint8)


@pytest.fixture
def detector() -> OutOfDistributionDetector:
    features, labels, images = sample(600, 1)
    validation = sample(400, 2)
    return fit_detector(features, labels, images, validation[0], validation[2])


def test_new_images_of_the_same_kind_pass(detector: OutOfDistributionDetector) -> None:
    features, _, images = sample(1000, 3)
    assert detector.is_outlier(features, images).mean() < 0.03


def test_features_between_classes_or_far_away_are_outliers(
    detector: OutOfDistributionDetector,
) -> None:
    _, _, images = sample(3, 4)
    outliers = detector.is_outlier([[4.5, 0, 0], [0, 30, 0], [0, 0, 0]], images)
    assert outliers.tolist() == [True, True, False]


def test_inverted_images_are_outliers_whatever_their_features(
    detector: OutOfDistributionDetector,
) -> None:
    features, _, images = sample(2, 4)
    assert detector.is_outlier(features, 255 - images).all()


def test_a_stored_detector_decides_the_same(detector: OutOfDistributionDetector) -> None:
    again = OutOfDistributionDetector.from_dict(json.loads(json.dumps(detector.as_dict())))
    features, _, images = sample(500, 5)
    assert np.array_equal(again.is_outlier(features, images), detector.is_outlier(features, images))


def test_a_damaged_detector_is_refused() -> None:
    with pytest.raises(DataError, match="is damaged"):
        OutOfDistributionDetector.from_dict(
            {"version": 1, "features": {"means": 3}, "thumbnails": {}}
        )


def test_a_detector_of_another_version_is_refused(detector: OutOfDistributionDetector) -> None:
    with pytest.raises(DataError, match="has version 99") as caught:
        OutOfDistributionDetector.from_dict({**detector.as_dict(), "version": 99})
    assert "train the model again" in caught.value.hint


# 120 values at most: 10 x 10 of greyscale, 6 x 6 of RGB; blocks of a 4x4 image are its pixels.
def test_thumbnails_are_means_over_blocks() -> None:
    assert make_thumbnails(np.zeros((2, 28, 28, 1))).shape == (2, 100)
    assert make_thumbnails(np.zeros((2, 32, 32, 3))).shape == (2, 108)
    image = np.arange(400.0).reshape(1, 20, 20, 1)
    assert make_thumbnails(image)[0, 0] == (0 + 1 + 20 + 21) / 4


def test_constant_features_do_not_divide_by_zero() -> None:
    features, labels, images = np.zeros((50, 4)), np.arange(50) % 2, sample(50, 6)[2]
    detector = fit_detector(features, labels, images, features, images)
    assert not detector.is_outlier(features[:1], images[:1]).any()
