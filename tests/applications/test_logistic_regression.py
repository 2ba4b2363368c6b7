"""Multinomial logistic regression: the optimum, the chosen penalty, sample weights."""

import numpy as np
import pytest

from scallion.applications import logistic_regression
from scallion.applications.logistic_regression import assign_folds, choose_penalty, fit_classifier


def blobs(count: int, noise: float, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return features (n, 8) around one centre per class, and labels."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(classes, 8))
    y = np.arange(count) % classes
    x = centres[y] + noise * random.normal(size=(count, 8))
    return x.astype(np.float32), y


def test_the_minimum_is_that_of_the_penalized_loss() -> None:
    x, y = blobs(90, noise=1.0)
    weights = np.ones(90, np.float32)
    found = logistic_regression._minimize_loss(x, y, 3, weights, 0.1, 300)
    probabilities = np.exp(x @ found[:-1] + found[-1])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    error = (probabilities - np.eye(3)[y]) / 90
    # At the minimum the gradient vanishes.
    assert np.abs(x.T @ error + 0.1 * found[:-1]).max() < 2e-4
    assert np.abs(error.sum(axis=0)).max() < 2e-4


def test_clear_classes_are_learned_without_error() -> None:
    x, y = blobs(60, noise=0.1)
    classifier = fit_classifier(100 * x + 7, y, 3)
    assert (classifier.logits(100 * x + 7).argmax(axis=1) == y).all()


def test_noise_chooses_a_stronger_penalty_than_clear_classes() -> None:
    def chosen(noise: float) -> float:
        x, y = blobs(120, noise)
        return choose_penalty(x, y, 3, np.ones(120, np.float32))[0]

    assert chosen(0.1) < chosen(1.0) < chosen(8.0) == max(logistic_regression.PENALTIES)


def test_few_images_of_many_features_choose_a_strong_penalty() -> None:
    random = np.random.default_rng(3)
    centres = 0.14 * random.normal(size=(5, 400))
    y = np.arange(2100) % 5
    x = (centres[y] + random.normal(size=(2100, 400))).astype(np.float32)
    new_x, new_y = x[100:], y[100:]
    classifier = fit_classifier(x[:100], y[:100], 5)
    assert classifier.penalty >= 0.75  # cross-entropy without the factor chooses 0.002
    # The factor makes up for the penalty: probabilities are neither too low nor too high.
    probabilities = softmax(classifier.logits(new_x))
    accuracy = (probabilities.argmax(axis=1) == new_y).mean()
    assert abs(probabilities.max(axis=1).mean() - accuracy) < 0.1


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_a_sample_weight_of_two_counts_an_image_twice() -> None:
    x, y = blobs(40, noise=1.0)
    weights = np.ones(40, np.float32)
    weights[:10] = 2
    weighted = logistic_regression._minimize_loss(x, y, 3, weights, 0.1, 300)
    twice = logistic_regression._minimize_loss(
        np.concatenate([x, x[:10]]),
        np.concatenate([y, y[:10]]),
        3,
        np.ones(50, np.float32),
        0.1,
        300,
    )
    np.testing.assert_allclose(weighted, twice, atol=5e-3)


def test_constant_features_and_missing_classes_are_harmless() -> None:
    x, y = blobs(30, noise=0.5, classes=2)
    x[:, 3] = 5
    classifier = fit_classifier(x, y, classes=4)
    assert np.isfinite(classifier.kernel).all()
    assert set(classifier.logits(x).argmax(axis=1)) == {0, 1}


def test_the_folds_of_each_class_are_balanced() -> None:
    y = np.array([0] * 9 + [1] * 4 + [2])
    folds = assign_folds(y)
    for label, most in ((0, 3), (1, 1), (2, 1)):
        assert np.bincount(folds[y == label], minlength=4).max() == most


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_image_per_class_is_enough(count: int) -> None:
    x, y = blobs(3 * count, noise=0.1)
    classifier = fit_classifier(x, y, 3)
    assert (classifier.logits(x).argmax(axis=1) == y).all()


def test_the_solution_matches_scikit_learn() -> None:
    x = np.array([[0, 1], [1, 0], [1, 2], [3, 1], [2, 3], [4, 4], [0, 3], [1, 4]], np.float32)
    y = np.array([0, 0, 1, 1, 2, 2, 0, 2])
    found = logistic_regression._minimize_loss(x, y, 3, np.ones(8, np.float32), 0.1, 500)
    # scikit-learn 1.9.1: LogisticRegression(C=1 / (8 * 0.1), tol=1e-10).fit(x, y)
    kernel = [[-0.9691, 0.3879, 0.5812], [-0.62022, -0.37126, 0.99149]]
    np.testing.assert_allclose(found[:-1], kernel, atol=2e-3)
    bias = [2.71152, 0.40279, -3.11431]
    np.testing.assert_allclose(found[-1] - found[-1].mean(), bias, atol=6e-3)
