"""Record the validation accuracy of a recipe over CPU seconds, as JSON and as a plot.

Each seed is a process: `python benchmarks/recipe.py DATA... --seeds 3`. The test split stays
locked. CPU seconds count all threads, so a busy machine changes them little.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TRAIN = """
import json, sys, time
from scallion import runs
from scallion.callbacks import LambdaCallback

class Clock:
    rows = []

def note(epoch, logs):
    row = {"epoch": epoch + 1, "val_accuracy": logs["val_accuracy"]}
    Clock.rows.append({**row, "cpu": time.process_time(), "wall": time.perf_counter() - start})

settings = json.loads(sys.argv[1])
start = time.perf_counter()
prepared = runs.prepare(runs.Settings(**settings))
run = runs.train(prepared, callbacks=[LambdaCallback(on_epoch_end=note)])
print(json.dumps(Clock.rows))
"""


def run(settings: dict[str, Any]) -> list[dict[str, float]]:
    """Return the validation accuracy after each epoch, and the seconds until then."""
    with tempfile.TemporaryDirectory() as folder:
        asked = json.dumps({**settings, "out": folder})
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, asked], check=True, stdout=subprocess.PIPE, text=True
        )
    return json.loads(done.stdout.splitlines()[-1])


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw one line per run and one colour per data set; the legend shows the final accuracies."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, runs) in enumerate(results.items()):
        ends = ", ".join(f"{100 * rows[-1]['val_accuracy']:.1f} %" for rows in runs)
        for place, rows in enumerate(runs):
            axes.plot(
                [row["cpu"] for row in rows],
                [100 * row["val_accuracy"] for row in rows],
                marker="o",
                markersize=3.5,
                color=f"C{number}",
                label=None if place else f"{name}: {ends}",
            )
    axes.set(xlabel="CPU seconds", ylabel="validation accuracy, %", xlim=(0, None))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", default=["fashion-mnist"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--model", default="quick")
    parser.add_argument("--out", type=Path, help="a folder for recipes.json and recipes.png")
    parser.add_argument("--smoke", action="store_true", help="one epoch of 2,000 images")
    options = parser.parse_args()
    small = {"epochs": 1, "limit": 2000} if options.smoke else {}
    started = time.perf_counter()
    results = {
        Path(data).stem: [
            run({"data": data, "model": options.model, "seed": seed, **small})
            for seed in range(options.seeds)
        ]
        for data in options.data
    }
    print(json.dumps({"runs": results, "seconds": time.perf_counter() - started}, indent=2))
    if options.out is not None:
        text = json.dumps(results, indent=1) + "\n"
        (options.out / "recipes.json").write_text(text, encoding="utf-8")
        draw(results, options.out / "recipes.png")


if __name__ == "__main__":
    main()
