"""Out-of-fold predictions."""

import numpy as np

from scallion import session
from scallion.insight import find_label_issues
from scallion.runs.inspection.cross_validation import out_of_fold_predictions


def test_planted_label_errors_are_found_out_of_fold() -> None:
    random = np.random.default_rng(3)
    labels = np.arange(600) % 3
    images = random.integers(0, 60, (600, 8, 8, 1), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 1] += 180
    noisy = labels.copy()
    noisy[[5, 50, 100]] = (noisy[[5, 50, 100]] + 1) % 3
    session.set_random_seed(0)
    held_out = out_of_fold_predictions(images, noisy, 3, folds=2, epochs=10)
    assert {issue.image for issue in find_label_issues(held_out)[:3]} == {5, 50, 100}
