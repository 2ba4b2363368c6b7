"""Measure the diagnosis on small runs: 10 to 500 images, 2 to 100 epochs.

benchmarks/small_diagnosis.py --purpose small-blind     train the runs that the file lacks, evaluate
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from diagnosis import STORE, is_right, judge, table, write
from faulty_runs import HEALTHY, Plan, Sets, train

# Thresholds were set on seeds from 2000, and changed once more after a look at those from 3000; the
# runs of `small-blind` were trained after the last change.
FIRST_SEEDS = {"small-set": 2000, "small-again": 3000, "small-blind": 4000}
SMALL_STORE = STORE.with_name("small_runs.json")

# Pairs and triples of classes that a small network tells apart after few images.
_EASY = {"mnist": ((0, 1), (1, 4), (0, 1, 7)), "fashion-mnist": ((1, 9), (5, 8), (1, 8, 9))}


@dataclass(frozen=True)
class SmallPlan(Plan):
    """One small training: also its number of validation images, and its classes."""

    validation: int = 50
    labels: tuple[int, ...] = ()


def plans(purpose: str) -> Iterator[SmallPlan]:
    """Yield 30 runs with a fault and 30 without, of random sizes."""
    first = FIRST_SEEDS[purpose]
    for seed in range(first, first + 6):
        yield from _faulty(seed)
    for seed in range(first, first + 30):
        yield _healthy(seed)


def _faulty(seed: int) -> Iterator[SmallPlan]:
    random = np.random.default_rng(seed)
    data = "fashion-mnist" if seed % 2 else "mnist"
    pick, whole = random.choice, random.integers
    few, epochs = int(whole(40, 160)), int(whole(15, 101))
    network = str(pick(["lesson-deep", "lesson", "quick"]))
    validation = int(whole(30, 61))
    yield SmallPlan("overfitted", "fashion-mnist", network, few, epochs, 2e-3, seed, 16, validation)
    images, epochs = int(whole(100, 501)), int(whole(2, 5))
    yield SmallPlan(
        "statistics not warm", data, "normalized", images, epochs, 2e-3, seed, 32, validation
    )
    images, epochs = int(whole(200, 501)), int(whole(8, 31))
    rate = float(pick([0.03, 0.05, 0.1]))
    yield SmallPlan("rate too high", data, "lesson", images, epochs, rate, seed, 32, validation)
    images, epochs = int(whole(200, 501)), int(whole(8, 31))
    rate = float(pick([1e-5, 2e-5, 3e-5]))
    yield SmallPlan("rate too low", data, "lesson", images, epochs, rate, seed, 32, validation)
    images, epochs = int(whole(100, 501)), int(whole(10, 41))
    fault = "labels shuffled" if seed % 2 else "duplicates leaked"
    yield SmallPlan(fault, data, "lesson", images, epochs, 1e-3, seed, 32, 2 * validation)


def _healthy(seed: int) -> SmallPlan:
    random = np.random.default_rng(seed + 100_000)
    data = "fashion-mnist" if seed % 2 else "mnist"
    labels = _EASY[data][int(random.integers(3))]
    network = str(random.choice(["lesson", "lesson-dropout"]))
    images = int(random.integers(10, 501))
    # About 40 steps or more: below, nothing is learned yet, and that is worth a warning.
    least = max(2, -(-40 * 16 // images))
    epochs = int(random.integers(least, max(least + 1, 61)))
    validation = int(random.integers(20, 101))
    return SmallPlan(HEALTHY, data, network, images, epochs, 1e-3, seed, 16, validation, labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--purpose", choices=list(FIRST_SEEDS), action="append")
    parser.add_argument("--out", type=Path, default=SMALL_STORE)
    parser.add_argument("--smoke", action="store_true", help="a single run, to see that it works")
    options = parser.parse_args()
    runs = json.loads(options.out.read_text()) if options.out.is_file() else []
    sets = Sets(None)
    purposes = options.purpose or list(FIRST_SEEDS)
    for purpose in purposes:
        for plan in list(plans(purpose))[: 1 if options.smoke else None]:
            wanted = json.loads(json.dumps({"purpose": purpose, **asdict(plan)}))
            if not any(wanted.items() <= run.items() for run in runs):
                run = {"purpose": purpose, **train(plan, sets)}
                runs.append(json.loads(json.dumps(run)))
                if not options.smoke:
                    write(runs, options.out)
                print(f"{plan}", file=sys.stderr, flush=True)
    runs = [run for run in runs if run["purpose"] in purposes]
    print(table(runs, purposes))
    for run in runs:
        if not is_right(run):
            told = [f"{one.code} ({one.severity})" for one in judge(run)]
            shape = f"{run['images']} images, {run['epochs']} epochs, {run['network']}"
            print(f"{run['purpose']}: {run['fault']}, {shape}, seed {run['seed']}: {told}")


if __name__ == "__main__":
    main()
