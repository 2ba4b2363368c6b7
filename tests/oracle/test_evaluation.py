"""Evaluation scores match scikit-learn on random predictions."""

import numpy as np
import pytest

from scallion.insight import evaluate

metrics = pytest.importorskip("sklearn.metrics")
pytestmark = pytest.mark.oracle

CLOSE = {"rel": 0, "abs": 1e-12}


def made(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions of 2 to 12 imbalanced classes of unequal accuracy, some with ties."""
    random = np.random.default_rng(seed)
    classes = int(random.integers(2, 13))
    images = int(random.integers(20, 600))
    shares = random.dirichlet(np.full(classes, 0.8))
    labels = random.choice(classes, images, p=shares)
    labels[:classes] = np.arange(classes)
    rows = random.dirichlet(np.full(classes, 0.5), images)
    helped = random.random(images) < 0.5
    rows[helped, labels[helped]] += random.random(int(helped.sum()))
    if seed % 3 == 0:  # ties between images, not in a row, so that the predicted class is unique
        rows = np.round(rows, 1) + np.arange(classes) * 1e-6
    rows = np.maximum(rows, 1e-9)
    return labels, rows / rows.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(30))
def test_counts_match_scikit_learn(seed: int) -> None:
    labels, rows = made(seed)
    predicted, ours = rows.argmax(axis=1), evaluate(labels, rows)
    classes = np.arange(rows.shape[1])
    known = {"labels": classes, "zero_division": 0}
    theirs = metrics.precision_recall_fscore_support(labels, predicted, **known)
    assert ours.per_class.precision == pytest.approx(theirs[0], **CLOSE)
    assert ours.per_class.recall == pytest.approx(theirs[1], **CLOSE)
    assert ours.per_class.f1 == pytest.approx(theirs[2], **CLOSE)
    assert np.array_equal(ours.per_class.support, theirs[3])
    for average, mine in (("macro", ours.macro), ("weighted", ours.weighted)):
        scores = metrics.precision_recall_fscore_support(
            labels, predicted, average=average, zero_division=0
        )
        assert mine == pytest.approx(scores[:3], **CLOSE)
    assert np.array_equal(
        ours.confusion, metrics.confusion_matrix(labels, predicted, labels=classes)
    )
    assert ours.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted), **CLOSE)
    assert ours.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(labels, predicted), **CLOSE
    )


@pytest.mark.parametrize("seed", range(30))
def test_scores_of_probabilities_match_scikit_learn(seed: int) -> None:
    labels, rows = made(seed)
    ours, classes = evaluate(labels, rows), rows.shape[1]
    assert ours.log_loss == pytest.approx(metrics.log_loss(labels, rows), **CLOSE)
    areas = [metrics.roc_auc_score(labels == one, rows[:, one]) for one in range(classes)]
    assert ours.per_class_roc_auc == pytest.approx(areas, **CLOSE)
    if classes > 2:
        whole = metrics.roc_auc_score(labels, rows, multi_class="ovr")
        assert ours.roc_auc == pytest.approx(whole, **CLOSE)
        for k in range(1, min(classes, 5)):
            theirs = metrics.top_k_accuracy_score(labels, rows, k=k)
            assert ours.top_k[k - 1] == pytest.approx(theirs, **CLOSE)
    brier = metrics.brier_score_loss(labels, rows, scale_by_half=False)
    assert ours.brier_score == pytest.approx(brier, **CLOSE)
