"""The diagnosis of real training runs, with and without a known fault.

`benchmarks/diagnosis.py train` made them. Thresholds were set on MNIST (`set`), and evaluated on
Fashion-MNIST and a copy of CIFAR-10 (`judge`, `again`), after which rules were changed. The `blind`
runs have seeds that were chosen after the last change.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT / "benchmarks"))  # after the kit, which has a `networks` too
diagnosis = pytest.importorskip("diagnosis")


@cache
def runs() -> list[dict[str, Any]]:
    return json.loads(diagnosis.STORE.read_text())


def verdicts_correct(purpose: str, *, healthy: bool) -> list[bool]:
    return [
        diagnosis.is_right(run)
        for run in runs()
        if run["purpose"] == purpose and (run["fault"] == diagnosis.HEALTHY) == healthy
    ]


@pytest.mark.parametrize("purpose", ["judge", "blind"])
def test_at_least_27_of_30_faults_are_found(purpose: str) -> None:
    found = verdicts_correct(purpose, healthy=False)
    assert len(found) == 30
    assert sum(found) >= 27


def test_at_most_one_healthy_run_has_a_warning() -> None:
    for purpose in diagnosis.PURPOSES:
        assert verdicts_correct(purpose, healthy=True).count(False) <= 1
    assert len(verdicts_correct("blind", healthy=True)) == 30


def test_fashion_mnist_with_dropout_is_healthy() -> None:
    (run,) = [run for run in runs() if run["images"] == 59_000]
    assert (run["network"], run["epochs"]) == ("lesson-dropout", 20)
    assert [one.code for one in diagnosis.judge(run)] == ["healthy"]


def expected_epoch(curve: list[float]) -> int:
    """Return the middle of the three epochs with the lowest sum, counting from 1."""
    sums = [sum(curve[i : i + 3]) for i in range(len(curve) - 2)]
    return sums.index(min(sums)) + 2


def test_overfitting_is_reported_with_its_epoch() -> None:
    deep = [run for run in runs() if run["network"] == "lesson-deep" and run["data"] == "cifar10"]
    assert len(deep) >= 3
    for run in deep:
        (finding,) = [one for one in diagnosis.judge(run) if one.code == "overfitting"]
        assert finding.severity == "warning"
        assert abs(finding.evidence["epoch"] - expected_epoch(run["history"]["val_loss"])) <= 3


# The diagnosis never uses the test loss. Where it rose by a tenth, overfitting must have been
# reported; where it never rose, it must not.
def test_findings_agree_with_the_test_loss() -> None:
    for run in runs():
        if run["fault"] not in ("overfitted", diagnosis.HEALTHY) or run["data"] == "mnist":
            continue
        loss = np.convolve(run["test_loss"], np.full(3, 1 / 3), mode="valid")
        codes = {one.code for one in diagnosis.judge(run) if one.severity != "info"}
        if loss[-1] > 1.1 * loss.min():
            assert "overfitting" in codes
        if loss[-1] == loss.min():
            assert "overfitting" not in codes
