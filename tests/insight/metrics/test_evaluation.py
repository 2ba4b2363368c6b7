"""Scores of labels and probabilities, on a case small enough to compute by hand."""

import numpy as np
import pytest

from scallion import insight
from scallion.errors import ArgumentError, DataError
from scallion.insight import as_predictions, evaluate

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 0])
ROWS = np.array(
    [
        [0.70, 0.20, 0.10],
        [0.40, 0.50, 0.10],
        [0.60, 0.30, 0.10],
        [0.10, 0.80, 0.10],
        [0.30, 0.40, 0.30],
        [0.20, 0.20, 0.60],
        [0.50, 0.10, 0.40],
        [0.10, 0.10, 0.80],
        [0.25, 0.50, 0.25],
        [0.90, 0.05, 0.05],
    ]
)
CLOSE = {"rel": 0, "abs": 1e-12}


# The values of the next tests are scikit-learn 1.9.1's: confusion_matrix,
# precision_recall_fscore_support, balanced_accuracy_score, log_loss, roc_auc_score
# (multi_class="ovr"), brier_score_loss (scale_by_half=False), top_k_accuracy_score.
def test_the_confusion_matrix_has_true_classes_in_rows() -> None:
    assert evaluate(LABELS, ROWS).confusion.tolist() == [[3, 1, 0], [0, 2, 0], [1, 1, 2]]


def test_each_class_has_precision_recall_f1_and_support() -> None:
    scores = evaluate(LABELS, ROWS).per_class
    assert scores.precision == pytest.approx([0.75, 0.5, 1.0], **CLOSE)
    assert scores.recall == pytest.approx([0.75, 1.0, 0.5], **CLOSE)
    assert scores.f1 == pytest.approx([0.75, 2 / 3, 2 / 3], **CLOSE)
    assert scores.support.tolist() == [4, 2, 4]


def test_class_scores_are_averaged_evenly_and_by_support() -> None:
    scores = evaluate(LABELS, ROWS)
    assert scores.macro == pytest.approx((0.75, 0.75, 0.6944444444444443), **CLOSE)
    assert scores.weighted == pytest.approx((0.8, 0.7, 0.7), **CLOSE)
    assert scores.balanced_accuracy == pytest.approx(0.75, **CLOSE)


def test_probabilities_are_scored() -> None:
    scores = evaluate(LABELS, ROWS)
    assert scores.log_loss == pytest.approx(0.6065140366499315, **CLOSE)
    assert scores.brier_score == pytest.approx(0.343, **CLOSE)
    assert scores.per_class_roc_auc == pytest.approx([23 / 24, 0.875, 23 / 24], **CLOSE)
    assert scores.roc_auc == pytest.approx(0.9305555555555557, **CLOSE)
    assert scores.top_k == pytest.approx((0.7, 1.0, 1.0), **CLOSE)


def test_accuracy_has_an_interval_and_a_baseline() -> None:
    scores = evaluate(LABELS, ROWS)
    assert (scores.images, scores.accuracy, scores.largest_class) == (10, 0.7, 0.4)
    # scipy 1.17.1: binomtest(7, 10).proportion_ci(method="wilson")
    assert scores.interval == pytest.approx((0.39677814746114526, 0.892208732593699), **CLOSE)


def test_the_most_confused_pairs_come_first() -> None:
    pairs = evaluate(LABELS, ROWS).most_confused
    assert pairs == ((0, 1, 1, 0.25), (2, 0, 1, 0.25), (2, 1, 1, 0.25))
    matrix = np.array([[9, 1, 2], [0, 1, 2], [5, 0, 0]])
    assert [pair[:3] for pair in insight.most_confused(matrix, most=3)] == [
        (2, 0, 5),
        (1, 2, 2),  # two of three are a larger fraction than two of twelve
        (0, 2, 2),
    ]


def test_normalized_rows_sum_to_one_or_stay_empty() -> None:
    matrix = np.array([[3, 1], [0, 0]])
    assert insight.normalize_rows(matrix).tolist() == [[0.75, 0.25], [0.0, 0.0]]


# By hand: the lower of two bins has the confidences 0.5, 0.4, 0.5, 0.5 (an edge belongs below), of
# which one is correct; the upper has 0.7, 0.6, 0.8, 0.6, 0.8, 0.9, all correct.
def test_calibration_compares_confidence_with_accuracy() -> None:
    curve = insight.calibration_curve(as_predictions(LABELS, ROWS), bins=2)
    assert curve.count.tolist() == [4, 6]
    assert curve.confidence == pytest.approx([1.9 / 4, 4.4 / 6], **CLOSE)
    assert curve.accuracy == pytest.approx([1 / 4, 1.0], **CLOSE)
    assert curve.error == pytest.approx((4 * (0.475 - 0.25) + 6 * (1 - 4.4 / 6)) / 10, **CLOSE)


def test_an_empty_bin_counts_nothing() -> None:
    curve = insight.calibration_curve(as_predictions([0, 1], [[0.9, 0.1], [0.1, 0.9]]), bins=10)
    assert np.isnan(curve.accuracy).sum() == 9
    assert curve.error == pytest.approx(0.1, **CLOSE)


def test_a_class_without_images_has_no_roc_auc() -> None:
    scores = evaluate([0, 0, 1], [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    assert np.isnan(scores.per_class_roc_auc).tolist() == [False, False, True]
    assert scores.roc_auc == 1.0
    assert scores.macro == (1.0, 1.0, 1.0)
    assert scores.balanced_accuracy == 1.0


def test_a_certain_mistake_has_a_finite_loss() -> None:
    # -log of float64's epsilon, at which scikit-learn 1.9.1 clips.
    assert evaluate([0], [[0.0, 1.0]]).log_loss == pytest.approx(36.04365338911715, **CLOSE)


def test_labels_may_be_a_column_and_probabilities_float32() -> None:
    scores = evaluate(LABELS[:, None], ROWS.astype(np.float32))
    assert scores.accuracy == 0.7


@pytest.mark.parametrize(
    ("labels", "rows", "message"),
    [
        ([0, 1], [[0.5, 0.5]], "2 labels and 1 rows"),
        ([], np.empty((0, 2)), "integers"),
        (np.array([], int), np.empty((0, 2)), "0 labels and 0 rows"),
        ([2], [[0.5, 0.5]], "labels from 2 to 2"),
        ([-1], [[0.5, 0.5]], "labels from -1 to -1"),
        ([0.0], [[0.5, 0.5]], "integers"),
        ([[0, 1]], [[0.5, 0.5]], "of shape"),
        ([0], [[1.0]], "two classes or more"),
        ([0], [0.5], "two classes or more"),
        ([0, 0], [[0.5, 0.5], [2.0, -1.0]], "row 1 does not hold probabilities"),
        ([0], [[3.1, -0.2]], "row 0 does not hold probabilities"),
        ([0], [[np.nan, 1.0]], "row 0 does not hold probabilities"),
        ([0], [[0.4, 0.4]], "row 0 does not hold probabilities"),
    ],
)
def test_invalid_predictions_are_refused(labels: object, rows: object, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        evaluate(labels, rows)
    assert caught.value.hint


def test_predictions_outside_the_classes_are_refused() -> None:
    with pytest.raises(DataError, match="classes from 0 to 3"):
        insight.confusion_matrix([0, 1], [3, 1], classes=3)
    with pytest.raises(DataError, match="shapes"):
        insight.confusion_matrix([0, 1], [1], classes=2)


@pytest.mark.parametrize("k", [0, 4])
def test_top_k_needs_a_number_of_classes(k: int) -> None:
    with pytest.raises(ArgumentError, match="from 1 to 3"):
        insight.top_k_accuracy(as_predictions(LABELS, ROWS), k)


def test_calibration_needs_a_bin() -> None:
    with pytest.raises(ArgumentError, match="one bin or more"):
        insight.calibration_curve(as_predictions(LABELS, ROWS), bins=0)
