"""Precision, recall, F-score and AUC of integer labels match scikit-learn; Keras raises."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metric_cases import SEEDS, random_predictions
from scallion import metrics
from scallion.errors import ArgumentError, DataError, ShapeError
from scallion.metrics import (
    AUC,
    F1Score,
    FalseNegatives,
    FalsePositives,
    FBetaScore,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)

SCIKIT_LEARN: dict[str, Any] = json.loads(
    Path(__file__).with_name("scikit_learn_scores.json").read_text(encoding="utf-8")
)

# Class 0 is predicted correctly 2 of 3 times, class 1 never; an image of class 0 is predicted as 2.
LABELS = np.array([0, 0, 0, 1, 2])
SCORES = np.array([[9, 1, 1], [9, 1, 1], [1, 1, 9], [9, 1, 1], [1, 1, 9]], np.float32)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("name", ["Precision", "Recall", "F1Score", "FBetaScore"])
def test_scores_match_scikit_learn(seed: int, average: Any, name: str) -> None:
    labels, logits, weights = random_predictions(seed)
    beta = {"beta": 2.0} if name == "FBetaScore" else {}
    wanted = SCIKIT_LEARN[str(seed)][f"{name} {average}"]
    for given, score in zip((None, weights), wanted, strict=True):
        metric = getattr(metrics, name)(average=average, **beta)
        for start in range(0, len(labels), 25):
            part = slice(start, start + 25)
            metric.update_state(labels[part], logits[part], None if given is None else given[part])
        np.testing.assert_allclose(metric.result(), score, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", ["Precision", "Recall"])
def test_class_id_selects_one_class(seed: int, name: str) -> None:
    labels, logits, _ = random_predictions(seed)
    for number, score in enumerate(SCIKIT_LEARN[str(seed)][f"{name} None"][0]):
        metric = getattr(metrics, name)(class_id=number)
        assert metric(labels, logits) == pytest.approx(score, rel=0, abs=1e-12)


def test_scores_and_counts_calculated_by_hand() -> None:
    np.testing.assert_allclose(Precision(average=None)(LABELS, SCORES), [2 / 3, 0, 1 / 2])
    np.testing.assert_allclose(Recall(average=None)(LABELS, SCORES), [2 / 3, 0, 1])
    assert Precision()(LABELS, SCORES) == pytest.approx((2 / 3 + 0 + 1 / 2) / 3)
    assert TruePositives()(LABELS, SCORES) == 3
    assert FalsePositives()(LABELS, SCORES) == 2
    assert FalseNegatives()(LABELS, SCORES) == 2
    assert TrueNegatives()(LABELS, SCORES) == 8


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(np.float32)])
def test_label_shape_and_type_do_not_matter(labels: np.ndarray) -> None:
    assert Recall()(labels, SCORES) == pytest.approx((2 / 3 + 0 + 1) / 3)


def test_an_image_may_have_many_predictions() -> None:
    labels, scores = LABELS[:4].reshape(2, 2), SCORES[:4].reshape(2, 2, 3)
    assert Precision(average="micro")(labels, scores) == 0.5
    weighted = Precision(average="micro")
    weighted.update_state(labels, scores, sample_weight=[1.0, 0.0])
    assert weighted.result() == 1.0


def test_logits_and_probabilities_give_equal_scores() -> None:
    labels, logits, _ = random_predictions(3)
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert Precision()(labels, logits) == Precision()(labels, probabilities)


def test_thresholds_and_top_k_use_one_hot_targets() -> None:
    probabilities = SCORES / SCORES.sum(axis=1, keepdims=True)
    rows = np.eye(3)[LABELS]
    for arguments in ({"thresholds": 0.05}, {"top_k": 2}, {"top_k": 2, "class_id": 1}):
        assert Precision(**arguments)(LABELS, probabilities) == Precision(**arguments)(
            rows, probabilities
        )
    assert F1Score("macro", 0.5)(LABELS, probabilities) == F1Score("macro", 0.5)(
        rows, probabilities
    )


def test_auc_is_the_mean_of_one_vs_rest() -> None:
    labels, logits, weights = random_predictions(4)
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    found = [
        AUC()((labels == one).astype(int), probabilities[:, one])
        for one in range(probabilities.shape[1])
        if 0 < (labels == one).sum() < len(labels)
    ]
    assert AUC()(labels, probabilities) == pytest.approx(np.mean(found), abs=1e-12)
    assert AUC(from_logits=True)(labels, logits) == pytest.approx(np.mean(found), abs=1e-6)
    assert AUC()(labels, probabilities, weights) != AUC()(labels, probabilities)


def test_auc_refuses_outputs_that_are_not_probabilities() -> None:
    with pytest.raises(DataError, match="from 1 to 9") as caught:
        AUC()(LABELS, SCORES)
    assert "from_logits=True" in str(caught.value.hint)


@pytest.mark.parametrize("labels", [[0, 1, 3, 0, 0], [0, 1, -1, 0, 0], [0, 1, 0.5, 0, 0]])
def test_an_invalid_label_is_reported(labels: list[float]) -> None:
    with pytest.raises(DataError, match="labels must be from 0 to 2"):
        Precision()(labels, SCORES)


def test_mismatched_targets_report_both_shapes() -> None:
    with pytest.raises(ShapeError, match=r"targets of \(5, 2\), outputs of \(5, 3\)"):
        Precision()(np.zeros((5, 2)), SCORES)
    with pytest.raises(ShapeError, match=r"targets of \(5,\), outputs of \(5,\)"):
        F1Score()(LABELS % 2, SCORES[:, 0])


def test_an_invalid_class_id_is_reported() -> None:
    with pytest.raises(ArgumentError, match="classes are 0 to 2"):
        Precision(class_id=3)(LABELS, SCORES)


def test_average_needs_integer_labels() -> None:
    with pytest.raises(ArgumentError, match="not for thresholds"):
        Precision(average=None)(np.eye(3)[LABELS], SCORES)
    with pytest.raises(ArgumentError, match="average='samples'"):
        Recall(average="samples")  # type: ignore[arg-type]


def test_average_is_not_in_keras_config() -> None:
    assert "average" not in Precision(average=None).get_config()
    assert Precision(average=None).extra_config() == {"average": None}
    assert Precision().extra_config() == FBetaScore().extra_config() == {}
    again = Recall.from_config({**Recall(average=None).get_config(), "average": None})
    assert again.average is None
