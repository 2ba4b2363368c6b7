"""Accuracy and time of `--model pretrained` on few images per class, against `quick`.

    python benchmarks/pretrained.py cifar10.npz --per-class 20 100 --draws 3
    python benchmarks/pretrained.py cifar10.npz --per-class 100 --draws 1 --minutes 3

The file has x_train, y_train, x_test, y_test of uint8. For each draw, so many training images per
class are chosen at random; the models are scored on all test images, or on `--test` of them.
With `--write FOLDER` the images of the first draw are written as JPEG files in `--size` pixels,
to measure `scallion train FOLDER --model pretrained` itself.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from scallion.runs import RunOptions, Settings, run

OPTIONS = RunOptions(diagnose=False, forecast=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--per-class", type=int, nargs="+", default=[20, 100])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=["pretrained", "quick"])
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--test", type=int)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--size", type=int, default=200)
    options = parser.parse_args()
    with np.load(options.file) as arrays:
        data = {name: arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    data = {name: array.reshape(-1) if name[0] == "y" else array for name, array in data.items()}
    test = data["x_test"][: options.test], data["y_test"][: options.test]
    for count in options.per_class:
        for draw in range(options.draws):
            rows = choose(data["y_train"], count, draw)
            train = data["x_train"][rows], data["y_train"][rows]
            if options.write is not None:
                write(*train, options.write, options.size)
                return
            for model in options.models:
                measure(model, train, test, count, draw, options.minutes)


def choose(labels: np.ndarray, count: int, draw: int) -> np.ndarray:
    """Return rows with `count` images per class, in random order."""
    random = np.random.default_rng(draw)
    classes = np.unique(labels)
    rows = [random.choice(np.flatnonzero(labels == one), count, replace=False) for one in classes]
    return random.permutation(np.concatenate(rows))


def measure(
    model: str, train: tuple, test: tuple, count: int, draw: int, minutes: float | None
) -> None:
    with tempfile.TemporaryDirectory() as out:
        started = perf_counter()
        settings = Settings((train, test), model=model, out=out, seed=42 + draw)
        result = run(settings, minutes=minutes, options=OPTIONS)
        seconds = perf_counter() - started
    row = {
        "model": model,
        "per_class": count,
        "draw": draw,
        "minutes": minutes,
        "test_accuracy": round(result.test.accuracy, 4),
        "val_accuracy": round(result.validation.accuracy, 4),
        "best_epoch": result.best_epoch,
        "seconds": round(seconds, 2),
    }
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def write(x: np.ndarray, y: np.ndarray, folder: Path, size: int) -> None:
    for number, (image, label) in enumerate(zip(x, y, strict=True)):
        home = folder / f"class{label}"
        home.mkdir(parents=True, exist_ok=True)
        large = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)
        large.save(home / f"{number:05}.jpg", quality=90)


if __name__ == "__main__":
    main()
