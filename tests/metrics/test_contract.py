"""The contract of every metric, with Keras' results and configs in keras_metrics.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metric_cases import CASES, REFUSED, Case, batches, describe, refusal
from scallion import metrics

KERAS: dict[str, Any] = json.loads(
    Path(__file__).with_name("keras_metrics.json").read_text(encoding="utf-8")
)

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)


@every_case
def test_results_and_config_match_keras(case: Case) -> None:
    ours, theirs = describe(metrics, case), KERAS[case.title]
    for result, wanted in zip(ours["results"], theirs["results"], strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-6)
    for key in ("name", "config", "reset"):
        assert ours[key] == theirs[key]


@every_case
def test_config_makes_an_equal_metric(case: Case) -> None:
    metric = getattr(metrics, case.name)(**case.arguments)
    again = type(metric).from_config(json.loads(json.dumps(metric.get_config())))
    for target, output, weights in batches(case):
        metric.update_state(target, output, weights)
        again.update_state(target, output, weights)
    np.testing.assert_array_equal(again.result(), metric.result())
    assert again.get_config() == metric.get_config()


def test_arguments_refused_by_keras_are_refused() -> None:
    assert [refusal(metrics, *one) for one in REFUSED] == KERAS["refused"]
