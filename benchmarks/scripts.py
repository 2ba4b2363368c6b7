"""Compare the scores of the unchanged scripts in examples/keras on Keras and on Scallion.

    python benchmarks/scripts.py --keras-python ../keras/bin/python

Each script runs with three seeds on both sides. It passes if Scallion's mean score is within three
standard deviations of Keras' mean (the standard deviation of Keras' three runs, but at least half
a percent, because three seeds can agree by chance).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
SCRIPTS = ("onions", "lenet", "resnet", "folder", "imbalanced")
LEAST_SPREAD = 0.005

# Runs a script on Keras with the same arrays that Scallion's loaders return.
ON_KERAS = """
import runpy, sys
import keras
import numpy as np

def loader(path):
    def load_data():
        with np.load(path) as arrays:
            return tuple((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))
    return load_data

folder, script, *arguments = sys.argv[1:]
keras.datasets.mnist.load_data = loader(f"{folder}/mnist.npz")
keras.datasets.fashion_mnist.load_data = loader(f"{folder}/fashion_mnist.npz")
sys.argv = [script, *arguments]
runpy.run_path(script, run_name="__main__")
"""


def prepare(folder: Path) -> None:
    """Write the arrays for Keras' loaders, and an image folder with five classes."""
    from PIL import Image

    from scallion.datasets import fashion_mnist, mnist

    for name, module in (("mnist", mnist), ("fashion_mnist", fashion_mnist)):
        (x_train, y_train), (x_test, y_test) = module.load_data()
        np.savez(
            folder / f"{name}.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test
        )
    images, labels = fashion_mnist.load_data()[0]
    for label, name in enumerate(("top", "trousers", "pullover", "dress", "coat")):
        home = folder / "images" / name
        home.mkdir(parents=True)
        for place in np.flatnonzero(labels == label)[:300]:
            Image.fromarray(images[place]).convert("RGB").save(home / f"{place:05d}.png")


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a script and return the score that it prints, and its seconds."""
    environment = {**os.environ, "MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    found = re.findall(r"^score: ([\d.]+)$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return float(found[-1]), time.perf_counter() - started


def compare(script: str, seeds: range, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    path = str(ROOT / "examples" / "keras" / f"{script}.py")
    sides = {"scallion": [sys.executable, "-m", "scallion", "run", path]}
    if options.keras_python:
        sides["keras"] = [options.keras_python, "-c", ON_KERAS, str(folder), path]
    found: dict[str, Any] = {}
    for side, command in sides.items():
        more = [str(folder / "images")] if script == "folder" else []
        runs = [run([*command, str(seed), *more], folder) for seed in seeds]
        found[side] = {
            "scores": [score for score, _ in runs],
            "seconds": [round(seconds, 1) for _, seconds in runs],
        }
    return found


def verdict(found: dict[str, Any]) -> str:
    """Return both means and their distance in words, and note whether the script passes."""
    ours = found["scallion"]["scores"]
    if "keras" not in found:
        return f"Scallion {mean(ours):.4f}"
    theirs = found["keras"]["scores"]
    spread = max(stdev(theirs) if len(theirs) > 1 else 0.0, LEAST_SPREAD)
    apart = abs(mean(ours) - mean(theirs)) / spread
    found["passes"] = apart <= 3
    return (
        f"Scallion {mean(ours):.4f}, Keras {mean(theirs):.4f}: "
        f"{apart:.1f} standard deviations apart; seconds "
        f"{mean(found['scallion']['seconds']):.0f} and {mean(found['keras']['seconds']):.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scripts", nargs="*", default=SCRIPTS, help=", ".join(SCRIPTS))
    parser.add_argument("--keras-python", help="a Python with tensorflow, pillow and matplotlib")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--smoke", action="store_true", help="one script and one seed on Scallion only"
    )
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    options = parser.parse_args()
    scripts = ("lenet",) if options.smoke else options.scripts
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place))
        for script in scripts:
            seeds = range(1, 2 if options.smoke else options.seeds + 1)
            results[script] = compare(script, seeds, options, Path(place))
            print(f"{script:<12}{verdict(results[script])}", flush=True)
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n")
    if not all(found.get("passes", True) for found in results.values()):
        sys.exit("the score of a script differs from Keras'")


if __name__ == "__main__":
    main()
