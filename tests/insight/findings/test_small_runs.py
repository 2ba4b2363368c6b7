"""The diagnosis of real runs of 10 to 500 images and 2 to 100 epochs, with and without a fault.

`benchmarks/small_diagnosis.py` made them, with seeds that no rule or threshold was set on.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT / "benchmarks"))  # after the kit, which has a `networks` too
diagnosis = pytest.importorskip("diagnosis")

STORE = Path(__file__).parent / "small_runs.json"


def correct(*, healthy: bool) -> list[bool]:
    runs: list[dict[str, Any]] = json.loads(STORE.read_text())
    return [
        diagnosis.is_right(run) for run in runs if (run["fault"] == diagnosis.HEALTHY) == healthy
    ]


def test_at_least_27_of_30_faults_of_small_runs_are_found() -> None:
    found = correct(healthy=False)
    assert len(found) == 30
    assert sum(found) >= 27


def test_at_most_one_small_healthy_run_has_a_warning() -> None:
    quiet = correct(healthy=True)
    assert len(quiet) == 30
    assert quiet.count(False) <= 1
