"""Label errors."""

import numpy as np

from scallion.insight import (
    as_predictions,
    estimate_label_errors,
    find_label_issues,
    noisy_labels_finding,
)

HELD_OUT = as_predictions(
    [0, 0, 1, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.99, 0.01], [0.4, 0.6]]
)


def test_the_clearest_contradiction_comes_first() -> None:
    (issue,) = find_label_issues(HELD_OUT)
    assert (issue.image, issue.label, issue.suggested) == (3, 1, 0)
    assert np.isclose(issue.log_odds, np.log(99))


# By hand: images labelled 0 have a mean confidence of 0.85; only image 3, labelled 1, reaches that.
def test_confident_learning_counts_label_errors() -> None:
    assert estimate_label_errors(HELD_OUT) == 1


def test_the_finding_names_images_and_classes() -> None:
    finding = noisy_labels_finding(HELD_OUT, ("cat", "dog"))
    assert finding is not None
    assert finding.severity == "warning"
    assert "image 3, labelled dog, looks like cat" in finding.sentence
    assert finding.evidence["issues"][0]["image"] == 3
    assert noisy_labels_finding(as_predictions([0, 1], [[0.9, 0.1], [0.1, 0.9]])) is None
