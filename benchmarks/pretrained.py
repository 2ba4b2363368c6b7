"""Accuracy and time of `--model pretrained` on few images, against `quick`: all bars of its issue.

    python benchmarks/pretrained.py frozen cifar10.npz      # 20 and 100 per class, three draws
    python benchmarks/pretrained.py minutes cifar10.npz     # the same with --minutes 3
    python benchmarks/pretrained.py scratch cifar10.npz     # `quick` on 100 per class
    python benchmarks/pretrained.py recipes cifar10.npz     # ways to fine-tune, against each other
    python benchmarks/pretrained.py photos cifar10.npz      # 240 photos of 3 classes, by commands
    python benchmarks/pretrained.py seconds cifar10.npz     # 1,000 images of 200x200, by commands

The file has x_train, y_train, x_test, y_test of uint8. For each draw, so many training images per
class are chosen at random; the models are scored on all test images, or on `--test` of them. Each
measurement is one line of JSON. On two quiet cores of a Zen 4: frozen 7 minutes, minutes 20,
scratch 2, recipes 40 (with `--draws 1 --test 2000`), photos 1, seconds 1. Those are estimates from
the speed of the engine (355 and 177 images per second at 160 and 224 pixels).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image

from scallion.applications import model_registry, pretrained
from scallion.applications.model_registry import NamedModel
from scallion.layers import RandomFlip, RandomTranslation
from scallion.models.builtin.recipes import TrainingRecipe
from scallion.runs import RunOptions, Settings, prepare, train
from scallion.runs.training.forecast import budget_seconds, forecast
from scallion.runs.training.time_budget import fit_to_time
from scallion.schedules import CosineDecay

OPTIONS = RunOptions(diagnose=False, forecast=False)
FROG, BIRD, HORSE = 6, 2, 7
RECIPE = pretrained.RECIPE


def cosine(peak: float, steps: int) -> CosineDecay:
    return CosineDecay(peak, steps)


def wide_shifts(_shape: Any, flips: bool) -> list[Any]:
    shifts = RandomTranslation(0.125, 0.125, interpolation="nearest")
    return [RandomFlip("horizontal"), shifts] if flips else [shifts]


# Name: the recipe, and the stages of the network that are not trained.
VARIANTS: dict[str, tuple[TrainingRecipe, str]] = {
    "default": (RECIPE, ""),
    "no-warmup": (replace(RECIPE, schedule=cosine), ""),
    "rate-5e-4": (replace(RECIPE, learning_rate=5e-4), ""),
    "rate-2e-4": (replace(RECIPE, learning_rate=2e-4), ""),
    "rate-5e-5": (replace(RECIPE, learning_rate=5e-5), ""),
    "smoothing": (replace(RECIPE, label_smoothing=0.1), ""),
    "decay": (replace(RECIPE, weight_decay=0.02), ""),
    "wide-shifts": (replace(RECIPE, augmentation=wide_shifts), ""),
    "last-blocks": (RECIPE, "1234"),
    "last-blocks-smoothing": (replace(RECIPE, label_smoothing=0.1), "1234"),
    "last-two-blocks": (RECIPE, "12345"),
}


@dataclass(frozen=True)
class Draw:
    """Training images of one draw with the test images; `count` per class."""

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    count: int
    number: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=tuple(MEASUREMENTS))
    parser.add_argument("file", type=Path)
    parser.add_argument("--per-class", type=int, nargs="+")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--test", type=int)
    parser.add_argument("--size", type=int, help="pixels that the network sees")
    parser.add_argument("--epochs", type=int, default=20, help="of fine-tuning, for recipes")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--recipes", nargs="+", default=list(VARIANTS))
    options = parser.parse_args()
    with np.load(options.file) as arrays:
        data = {name: arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    data = {name: array.reshape(-1) if name[0] == "y" else array for name, array in data.items()}
    MEASUREMENTS[options.what](data, options)


def draws(data: dict[str, np.ndarray], options: argparse.Namespace, counts: list[int]) -> Any:
    test = data["x_test"][: options.test], data["y_test"][: options.test]
    for count in options.per_class or counts:
        for number in range(options.draws):
            rows = choose(data["y_train"], count, number)
            yield Draw((data["x_train"][rows], data["y_train"][rows]), test, count, number)


def choose(labels: np.ndarray, count: int, draw: int) -> np.ndarray:
    """Return rows with `count` images per class, in random order."""
    random = np.random.default_rng(draw)
    classes = np.unique(labels)
    rows = [random.choice(np.flatnonzero(labels == one), count, replace=False) for one in classes]
    return random.permutation(np.concatenate(rows))


def frozen(data: dict[str, np.ndarray], options: argparse.Namespace) -> None:
    for draw in draws(data, options, [20, 100]):
        measure(draw, "pretrained", size=options.size)


def minutes(data: dict[str, np.ndarray], options: argparse.Namespace) -> None:
    for draw in draws(data, options, [20, 100]):
        measure(draw, "pretrained", size=options.size, minutes=options.minutes)


def scratch(data: dict[str, np.ndarray], options: argparse.Namespace) -> None:
    for draw in draws(data, options, [100]):
        measure(draw, "quick")


def recipes(data: dict[str, np.ndarray], options: argparse.Namespace) -> None:
    for draw in draws(data, options, [100]):
        for name in options.recipes:
            recipe, untrained = VARIANTS[name]
            named = NamedModel(pretrained.PRETRAINED, recipe)
            model_registry._MODELS["pretrained"] = named  # the only way to try another recipe
            size = options.size or 128
            measure(draw, "pretrained", name, untrained, size=size, epochs=options.epochs)


def measure(
    draw: Draw,
    model: str,
    recipe: str = "default",
    untrained: str = "",
    *,
    size: int | None = None,
    minutes: float | None = None,
    epochs: int | None = None,
) -> None:
    """Train, and print one line with the accuracies and the seconds."""
    with tempfile.TemporaryDirectory() as out:
        os.environ["SCALLION_CACHE"] = str(Path(out) / "cache")
        started = perf_counter()
        settings = Settings(
            (draw.train, draw.test),
            model=model,
            out=out,
            seed=42 + draw.number,
            size=size,
            epochs=epochs,
        )
        seconds = None if minutes is None else budget_seconds(minutes)
        prepared = prepare(settings, seconds=seconds)
        for layer in prepared.model.layers:
            if untrained and layer.name.startswith(tuple(f"block{one}" for one in untrained)):
                layer.trainable = False
            if untrained and layer.name.startswith("stem"):
                layer.trainable = False
        prepared.compile()
        schedule = None
        if minutes is not None:
            expected = forecast(prepared, minutes)
            prepared, _, schedule = fit_to_time(prepared, expected, minutes, started)
        result = train(prepared, schedule=schedule)
        history = result.run.read_history()
    row = {
        "model": model,
        "recipe": recipe,
        "per_class": draw.count,
        "draw": draw.number,
        "minutes": minutes,
        "size": prepared.size,
        "test_accuracy": round(result.test.accuracy, 4),
        "test_images": result.test.total,
        "val_accuracy": [round(value, 3) for value in history["val_accuracy"]],
        "best_epoch": result.best_epoch,
        "seconds": round(perf_counter() - started, 2),
    }
    show(row)


def photos(data: dict[str, np.ndarray], _options: argparse.Namespace) -> None:
    """Train on 240 photos of three classes and a few bad files; score on 3,000 others."""
    wanted = (FROG, BIRD, HORSE)
    with tempfile.TemporaryDirectory() as home:
        folder, others = Path(home) / "photos", Path(home) / "others"
        for split, root, count in (("train", folder, 80), ("test", others, 1000)):
            labels = data[f"y_{split}"]
            for one in wanted:
                rows = np.flatnonzero(labels == one)[:count]
                write(data[f"x_{split}"][rows], labels[rows], root, 200)
        (folder / f"class{FROG}" / "empty.jpg").write_bytes(b"")
        (folder / f"class{BIRD}" / "text.jpg").write_text("no image\n")
        whole = next((folder / f"class{HORSE}").glob("*.jpg")).read_bytes()
        (folder / f"class{HORSE}" / "cut.jpg").write_bytes(whole[: len(whole) // 3])
        for model in ("auto", "quick"):
            seconds, run = command(home, "train", "photos", "--model", model, "--out", model)
            _, evaluated = command(home, "evaluate", run["run"], "others", "--json")
            show({"photos": 240, "model": model, "seconds": seconds, **evaluated})


def seconds(data: dict[str, np.ndarray], _options: argparse.Namespace) -> None:
    """Train on 1,000 image files of 200x200 pixels, twice, and once more on other images."""
    with tempfile.TemporaryDirectory() as home:
        rows = choose(data["y_train"], 100, 0)
        write(data["x_train"][rows], data["y_train"][rows], Path(home) / "photos", 200)
        for attempt in ("first", "second", "third"):
            spent, _ = command(home, "train", "photos", "--model", "pretrained")
            show({"images": 1000, "attempt": attempt, "seconds": spent})
        shutil.rmtree(Path(home) / "cache")
        spent, _ = command(home, "train", "photos", "--model", "pretrained")
        show({"images": 1000, "attempt": "without a cache", "seconds": spent})


def command(home: str, *words: str) -> tuple[float, dict[str, Any]]:
    """Return the seconds of a command from its start to its end, and the JSON that it prints."""
    arguments = [sys.executable, "-m", "scallion", *words]
    if "--json" not in words:
        arguments.append("--json")
    environment = {**os.environ, "SCALLION_CACHE": str(Path(home) / "cache")}
    started = perf_counter()
    done = subprocess.run(arguments, cwd=home, env=environment, stdout=subprocess.PIPE, check=True)
    return round(perf_counter() - started, 2), json.loads(done.stdout)


def write(x: np.ndarray, y: np.ndarray, folder: Path, size: int) -> None:
    for number, (image, label) in enumerate(zip(x, y, strict=True)):
        home = folder / f"class{label}"
        home.mkdir(parents=True, exist_ok=True)
        large = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)
        large.save(home / f"{number:05}.jpg", quality=90)


def show(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


MEASUREMENTS: dict[str, Callable[[dict[str, np.ndarray], argparse.Namespace], None]] = {
    "frozen": frozen,
    "minutes": minutes,
    "scratch": scratch,
    "recipes": recipes,
    "photos": photos,
    "seconds": seconds,
}

if __name__ == "__main__":
    main()
