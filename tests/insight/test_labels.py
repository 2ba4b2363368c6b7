"""Labels that are doubted, and images that two splits share."""

import numpy as np

from scallion import session
from scallion.insight import answers, copied
from scallion.insight.labels import confidently_wrong, doubtful_labels, noisy_labels, out_of_fold

SURE = answers([0, 0, 1, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.99, 0.01], [0.4, 0.6]])


def test_the_clearest_contradiction_comes_first() -> None:
    (doubt,) = doubtful_labels(SURE)
    assert (doubt.place, doubt.label, doubt.likely) == (3, 1, 0)
    assert np.isclose(doubt.odds, np.log(99))


# By hand: images labelled 0 are sure at 0.85 on average; only image 3 reaches that against its 1.
def test_wrong_labels_are_counted_by_confident_learning() -> None:
    assert confidently_wrong(SURE) == 1


def test_the_finding_names_places_and_classes() -> None:
    finding = noisy_labels(SURE, ("cat", "dog"))
    assert finding is not None
    assert finding.severity == "warning"
    assert "image 3, labelled dog, looks like cat" in finding.sentence
    assert finding.evidence["doubts"][0]["place"] == 3
    assert noisy_labels(answers([0, 1], [[0.9, 0.1], [0.1, 0.9]])) is None


def test_planted_wrong_labels_are_found_by_networks_that_have_not_seen_them() -> None:
    random = np.random.default_rng(3)
    labels = np.arange(600) % 3
    images = random.integers(0, 60, (600, 8, 8, 1), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 1] += 180
    noisy = labels.copy()
    noisy[[5, 50, 100]] = (noisy[[5, 50, 100]] + 1) % 3
    session.set_random_seed(0)
    held_out = out_of_fold(images, noisy, 3, folds=2, epochs=10)
    assert {doubt.place for doubt in doubtful_labels(held_out)[:3]} == {5, 50, 100}


def test_copies_are_found_with_the_place_of_the_first() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), np.uint8)
    held = np.stack([images[4] + 1, images[2], images[5]])
    assert copied(images, held) == [(1, 2), (2, 5)]
    twice = np.concatenate([images, images])
    assert copied(twice, images[:1]) == [(0, 0)]
