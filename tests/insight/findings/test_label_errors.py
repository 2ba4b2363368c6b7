"""Labels that are doubted, and images that two splits share."""

import numpy as np

from scallion.insight import as_predictions, leaked_images
from scallion.insight.findings.label_errors import (
    estimate_label_errors,
    find_label_issues,
    noisy_labels_finding,
)

SURE = as_predictions(
    [0, 0, 1, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.99, 0.01], [0.4, 0.6]]
)


def test_the_clearest_contradiction_comes_first() -> None:
    (doubt,) = find_label_issues(SURE)
    assert (doubt.place, doubt.label, doubt.likely) == (3, 1, 0)
    assert np.isclose(doubt.odds, np.log(99))


# By hand: images labelled 0 are sure at 0.85 on average; only image 3 reaches that against its 1.
def test_wrong_labels_are_counted_by_confident_learning() -> None:
    assert estimate_label_errors(SURE) == 1


def test_the_finding_names_places_and_classes() -> None:
    finding = noisy_labels_finding(SURE, ("cat", "dog"))
    assert finding is not None
    assert finding.severity == "warning"
    assert "image 3, labelled dog, looks like cat" in finding.sentence
    assert finding.evidence["doubts"][0]["place"] == 3
    assert noisy_labels_finding(as_predictions([0, 1], [[0.9, 0.1], [0.1, 0.9]])) is None


def test_copies_are_found_with_the_place_of_the_first() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), np.uint8)
    held = np.stack([images[4] + 1, images[2], images[5]])
    assert leaked_images(images, held) == [(1, 2), (2, 5)]
    twice = np.concatenate([images, images])
    assert leaked_images(twice, images[:1]) == [(0, 0)]
