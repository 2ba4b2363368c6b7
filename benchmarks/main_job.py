"""Measure `scallion train` with its defaults: accuracy, seconds and memory.

Goals on two cores: 90 % test accuracy on Fashion-MNIST, 120 s, 700 MB. Each seed is a process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any


def train(seed: int, arguments: list[str]) -> dict[str, Any]:
    """Run once and return its report with the wall time and peak memory of its process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scallion", "train", "--json", "--seed", str(seed)]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--out", str(Path(folder, "run")), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        output = process.stdout.read() if process.stdout is not None else b""
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(command)} ended with code {status >> 8}")
        return {
            **json.loads(output),
            "seed": seed,
            "wall_seconds": round(time.perf_counter() - started, 2),
            "peak_megabytes": round(usage.ru_maxrss / 1024, 1),  # Linux counts kilobytes
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="one seed, one epoch")
    options, arguments = parser.parse_known_args()
    if options.smoke:
        options.seeds, arguments = 1, [*arguments, "--epochs", "1"]
    runs = [train(seed, arguments) for seed in range(options.seeds)]
    keys = ("test_accuracy", "wall_seconds", "peak_megabytes")
    medians = {key: median(run[key] for run in runs) for key in keys}
    print(json.dumps({"runs": runs, "medians": medians}, indent=2))


if __name__ == "__main__":
    main()
