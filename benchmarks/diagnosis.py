"""Measure how often the diagnosis finds planted faults and stays silent on healthy runs.

benchmarks/diagnosis.py train --purpose blind --out FILE      train the runs that FILE lacks
benchmarks/diagnosis.py                                       evaluate the stored runs
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from faulty_runs import HEALTHY, Sets, plans, train
from scallion import insight
from scallion.findings import Finding

PURPOSES = ("set", "judge", "again", "blind")
STORE = Path(__file__).resolve().parents[1] / "tests" / "insight" / "findings" / "real_runs.json"


def train_all(
    purposes: list[str], data: list[str] | None, cifar10: str | None, out: Path, smoke: bool
) -> None:
    """Train the missing runs; each is stored as soon as it is finished."""
    sets = Sets(cifar10)
    runs: list[dict[str, Any]] = json.loads(out.read_text()) if out.is_file() else []
    for purpose in purposes:
        wanted = [plan for plan in plans(purpose) if not data or plan.data in data]
        for plan in wanted[: 1 if smoke else None]:
            asked = {"purpose": purpose, **asdict(plan)}
            if any(asked.items() <= run.items() for run in runs):
                continue
            started = time.perf_counter()
            runs.append({"purpose": purpose, **train(plan, sets)})
            write(runs, out)
            print(f"{time.perf_counter() - started:6.1f} s  {plan}", file=sys.stderr, flush=True)


def write(runs: list[dict[str, Any]], path: Path) -> None:
    """Write one run per line, so that a diff shows which one changed."""
    lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
    path.write_text(f"[\n{lines}\n]\n")


def facts(run: dict[str, Any]) -> insight.Measurements:
    """What a run folder and its data tell the diagnosis."""
    confidence, accuracy, count = (
        np.array([np.nan if value is None else value for value in row])
        for row in run["calibration"]
    )
    effect = run.get("normalization")
    edges = np.linspace(0, 1, len(count) + 1)
    return insight.Measurements(
        classes=run["classes"],
        images=run["validation_images"],
        correct=run["correct"],
        linear_correct=run["linear_correct"],
        largest_class=run["largest_class"],
        calibration=insight.CalibrationCurve(edges, count.astype(np.int64), confidence, accuracy),
        dead_units=[insight.DeadUnits(name, *units) for name, units in run["dead"].items()],
        gradients=[
            insight.RelativeGradient(name, size) for name, size in run.get("gradients", {}).items()
        ],
        duplicates=run["duplicates"],
        training_correct=run.get("training_correct"),
        training_images=run.get("training_images"),
        normalization=effect and insight.NormalizationEffect(*effect),
    )


def judge(run: dict[str, Any]) -> list[Finding]:
    return insight.diagnose(run["history"], facts(run))


# Planted fault -> the codes that count as having found it.
NAMES = {
    "overfitted": {"overfitting"},
    "underfitted": {"underfitting"},
    "rate too high": {"learning-rate-too-high"},
    "rate too low": {"learning-rate-too-low"},
    "labels shuffled": {"labels-unrelated", "guessing"},
    "duplicates leaked": {"duplicates-across-splits"},
    "statistics not warm": {"normalization-not-warm"},
    HEALTHY: set(),
}
# Warnings about the data that are true of every run with so few validation images.
OF_SMALL_DATA = {"validation-too-small"}


def is_right(run: dict[str, Any]) -> bool:
    """Return whether a warning names the fault; for a healthy run, whether there is no warning."""
    warned = {finding.code for finding in insight.at_least(judge(run), "warning")}
    warned -= OF_SMALL_DATA
    return bool(warned & NAMES[run["fault"]]) if NAMES[run["fault"]] else not warned


def table(runs: list[dict[str, Any]], purposes: Sequence[str] = PURPOSES) -> str:
    """Return the number of correct diagnoses: a row per fault and a column per purpose."""
    rows = ["| runs | " + " | ".join(purposes) + " |", "|---|" + "---|" * len(purposes)]
    for fault in NAMES:
        cells: list[str] = []
        for purpose in purposes:
            told = [is_right(r) for r in runs if (r["fault"], r["purpose"]) == (fault, purpose)]
            cells.append(f"{sum(told)} of {len(told)}" if told else "-")
        rows.append(f"| {fault} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["train", "judge"], default="judge")
    parser.add_argument("--cifar10", help="a .npz file with CIFAR-10, or a copy of it")
    parser.add_argument("--purpose", choices=PURPOSES, action="append")
    parser.add_argument("--data", action="append", help="only runs on this data set")
    parser.add_argument("--out", type=Path, default=STORE)
    parser.add_argument("--smoke", action="store_true", help="a single run, to see that it works")
    options = parser.parse_args()
    if options.what == "train":
        purposes = options.purpose or list(PURPOSES)
        train_all(purposes, options.data, options.cifar10, options.out, options.smoke)
        return
    runs = json.loads(options.out.read_text())
    print(table(runs))
    for run in runs:
        if not is_right(run):
            told = [finding.code for finding in judge(run)]
            print(f"{run['purpose']}: {run['fault']}, {run['data']}, seed {run['seed']}: {told}")


if __name__ == "__main__":
    main()
