"""Metrics, compared with the installed Keras, and on class indices with scikit-learn."""

import os

import numpy as np
import pytest

import metric_cases
from metric_cases import CASES, REFUSED, Case
from scallion import metrics, session

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")
scikit_learn = pytest.importorskip("sklearn.metrics")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_metrics_match_keras(case: Case) -> None:
    keras.utils.clear_session()
    theirs, ours = (metric_cases.describe(room, case) for room in (keras.metrics, metrics))
    for result, wanted in zip(ours.pop("results"), theirs.pop("results"), strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-6)
    assert ours == theirs


@pytest.mark.parametrize(("name", "arguments"), REFUSED, ids=str)
def test_the_same_arguments_raise(name: str, arguments: dict) -> None:
    theirs = metric_cases.refusal(keras.metrics, name, arguments)
    assert metric_cases.refusal(metrics, name, arguments) == theirs


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_keras_makes_an_equal_metric_from_the_config(case: Case) -> None:
    ours = getattr(metrics, case.name)(**case.arguments)
    session.clear_session()
    config = ours.get_config()
    again = getattr(keras.metrics, case.name).from_config(config)
    assert metric_cases.plain(again.get_config()) == config


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_scores_of_class_indices_match_scikit_learn(seed: int) -> None:
    labels, logits, weights = metric_cases.random_predictions(seed)
    for key, wanted in metric_cases.scikit_learn_scores(scikit_learn, seed).items():
        name, _, average = key.partition(" ")
        more = {"beta": 2.0} if name == "FBetaScore" else {}
        for given, score in zip((None, weights), wanted, strict=True):
            metric = getattr(metrics, name)(average=None if average == "None" else average, **more)
            metric.update_state(labels, logits, given)
            np.testing.assert_allclose(metric.result(), score, rtol=0, atol=1e-12)
