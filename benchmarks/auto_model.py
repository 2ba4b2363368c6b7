"""Accuracy of a frozen pretrained network and of `quick`, by data set and images per class.

    python benchmarks/auto_model.py run --cifar10 cifar10.npz --per-class 10 20 50 --draws 2
    python benchmarks/auto_model.py table
    python benchmarks/auto_model.py chart

`run` appends one row per measurement to `benchmarks/results/auto_model.jsonl`, and skips what is
there already; data sets whose files are missing are named and skipped. Textures and photographs
come from the packages scikit-image and scikit-learn, which need not be importable: only their
folders must be on PYTHONPATH. `table` prints the table of the guide, the rule that suits the data
sets but two, and its errors on those two. `chart` draws `docs/images/auto-model.png`.

Features are computed once for each data set, with images enlarged to `--size`; the classifier is
fitted to those of the chosen images, as `--model pretrained` does. `quick` has its own recipe.
"""

import argparse
import gzip
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from scallion import Model, datasets, session
from scallion.applications import pretrained
from scallion.applications.feature_cache import cached_features
from scallion.applications.logistic_regression import fit_classifier
from scallion.runs import RunOptions, Settings, run

RESULTS = Path(__file__).parent / "results" / "auto_model.jsonl"
CHART = Path(__file__).parents[1] / "docs" / "images" / "auto-model.png"
HELD_OUT = ("fashion-mnist", "photographs")
OPTIONS = RunOptions(diagnose=False, forecast=False)
ANIMALS, VEHICLES = (2, 3, 4, 5, 6, 7), (0, 1, 8, 9)
TEXTURES = ("brick.png", "grass.png", "gravel.png")
PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "ihc.png")
PATCH = 64

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("run")
    measuring.add_argument("--cifar10", type=Path)
    measuring.add_argument("--sets", nargs="+")
    measuring.add_argument("--per-class", type=int, nargs="+", default=[10, 20, 50, 100, 500])
    measuring.add_argument("--draws", type=int, default=2)
    measuring.add_argument("--test", type=int, default=1000)
    measuring.add_argument("--size", type=int, default=128)
    commands.add_parser("table")
    commands.add_parser("chart")
    options = parser.parse_args()
    if options.command != "run":
        rows = [json.loads(line) for line in lines()]
        {"table": print_table, "chart": draw_chart}[options.command](rows)
        return
    for name, arrays in load_sets(options.cifar10, options.sets):
        measure_set(name, arrays, options)


def load_sets(cifar: Path | None, wanted: list[str] | None) -> Iterator[tuple[str, Arrays]]:
    """Yield the data sets that are at hand, each with its training and test arrays."""
    sources = {
        "cifar10": lambda: cifar10(cifar, range(10)),
        "mnist": lambda: named("mnist"),
        "digits": digits,
        "textures": lambda: patches("skimage", TEXTURES, "L"),
        "photographs": lambda: patches("skimage", PHOTOGRAPHS, "RGB"),
        "fashion-mnist": lambda: named("fashion-mnist"),
        "cifar10-animals": lambda: cifar10(cifar, ANIMALS),
        "cifar10-vehicles": lambda: cifar10(cifar, VEHICLES),
    }
    for name in wanted or sources:
        arrays = sources[name]()
        if arrays is None:
            sys.stderr.write(f"{name}: skipped, its files are missing\n")
        else:
            yield name, arrays


def cifar10(file: Path | None, classes: range | tuple[int, ...]) -> Arrays | None:
    if file is None:
        return None
    with np.load(file) as arrays:
        found = [arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")]
    x_train, y_train, x_test, y_test = found[0], found[1].ravel(), found[2], found[3].ravel()
    names = np.full(10, -1)
    names[list(classes)] = range(len(classes))
    kept, tested = names[y_train] >= 0, names[y_test] >= 0
    return x_train[kept], names[y_train][kept], x_test[tested], names[y_test][tested]


def named(name: str) -> Arrays | None:
    arrays = datasets.find(name).load()
    if arrays.x_test is None or arrays.y_test is None:
        return None
    return arrays.x_train, arrays.y_train, arrays.x_test, arrays.y_test


def digits() -> Arrays | None:
    """Return scikit-learn's 8x8 digits: 1,200 for training, 597 others."""
    path = package_file("sklearn", "datasets/data/digits.csv.gz")
    if path is None:
        return None
    with gzip.open(path, "rt") as file:
        rows = np.loadtxt(file, delimiter=",")
    x = (rows[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    y = rows[:, -1].astype(np.int64)
    return x[:1200], y[:1200], x[1200:], y[1200:]


def patches(package: str, names: tuple[str, ...], mode: str) -> Arrays | None:
    """Return patches of images, one class per image: the upper half for training."""
    parts: list[list[np.ndarray]] = [[], []]
    labels: list[list[int]] = [[], []]
    for label, name in enumerate(names):
        path = package_file(package, f"data/{name}")
        if path is None:
            return None
        with Image.open(path) as image:
            pixels = np.asarray(image.convert(mode).resize((512, 512))).reshape(512, 512, -1)
        for half, whole in enumerate((pixels[:256], pixels[256:])):
            for top in range(0, 256 - PATCH + 1, 8):
                for left in range(0, 512 - PATCH + 1, 8):
                    parts[half].append(whole[top : top + PATCH, left : left + PATCH])
                    labels[half].append(label)
    x_train, x_test = (np.stack(part) for part in parts)
    return x_train, np.array(labels[0]), x_test, np.array(labels[1])


def package_file(package: str, name: str) -> Path | None:
    found = find_spec(package)
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / name
    return path if path.is_file() else None


def measure_set(name: str, arrays: Arrays, options: argparse.Namespace) -> None:
    """Measure both models on subsets of one data set."""
    x_train, y_train, x_test, y_test = arrays
    random = np.random.default_rng(0)
    tested = random.permutation(len(x_test))[: options.test]
    test = x_test[tested], y_test[tested]
    done = {key(json.loads(line)) for line in lines()}
    for draw in range(options.draws):
        order = np.random.default_rng(draw).permutation(len(x_train))
        counts = [n for n in options.per_class if n <= np.bincount(y_train).min()]
        for count in counts:
            rows = first_of_each(y_train, order, count)
            train = x_train[rows], y_train[rows]
            for model, measure in (("quick", quick), ("pretrained", frozen)):
                row = {"data": name, "per_class": count, "draw": draw, "model": model}
                if key(row) in done:
                    continue
                started = perf_counter()
                row["test_accuracy"] = round(measure(train, test, draw, options.size), 4)
                row |= {"test_images": len(tested), "image_shape": x_train.shape[1:]}
                row |= {"classes": len(np.unique(y_train)), "size": options.size}
                row["seconds"] = round(perf_counter() - started, 1)
                append(row)


def first_of_each(labels: np.ndarray, order: np.ndarray, count: int) -> np.ndarray:
    """Return the first `count` rows of each class in this order; larger counts contain smaller."""
    return np.sort(
        np.concatenate([order[labels[order] == one][:count] for one in np.unique(labels)])
    )


def quick(train: tuple, test: tuple, draw: int, _size: int) -> float:
    with tempfile.TemporaryDirectory() as out:
        settings = Settings((train, test), model="quick", out=out, seed=42 + draw)
        return run(settings, options=OPTIONS).test.accuracy


def frozen(train: tuple, test: tuple, _draw: int, size: int) -> float:
    """Return the accuracy of a linear classifier on all training images but a tenth."""
    (x, y), (x_test, y_test) = train, test
    kept = datasets.split(y, fraction=0.1, seed=0).train
    classifier = fit_classifier(
        features(x[kept], size), y[kept].astype(np.int64), len(np.unique(y))
    )
    predicted = classifier.logits(features(x_test, size)).argmax(axis=1)
    return float((predicted == y_test).mean())


def features(images: np.ndarray, size: int) -> np.ndarray:
    """Return the features of images, each computed once."""
    known = _FEATURES
    digests = [(size, image.tobytes(), image.shape) for image in images]
    missing = [place for place, digest in enumerate(digests) if digest not in known]
    if missing:
        computed = cached_features(images[missing], size, lambda part: compute(part, size))
        for place, values in zip(missing, computed, strict=True):
            known[digests[place]] = values
    return np.stack([known[digest] for digest in digests])


_FEATURES: dict[tuple, np.ndarray] = {}


def compute(images: np.ndarray, size: int) -> np.ndarray:
    images = images if images.ndim == 4 else images[..., None]
    with session.isolated_session():
        model = pretrained.network_for((size, size)).build(images.shape[1:], 2, scale=1 / 255)
        network = Model(model.inputs[0], model.layers[-1].input)
        return network.predict(images, batch_size=32, verbose=0)


def key(row: dict) -> tuple:
    return row["data"], row["per_class"], row["draw"], row["model"]


def lines() -> list[str]:
    return RESULTS.read_text().splitlines() if RESULTS.exists() else []


def append(row: dict) -> None:
    text = json.dumps(row)
    with RESULTS.open("a", newline="\n") as file:
        file.write(text + "\n")
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def means_by_case(rows: list[dict]) -> dict[tuple[str, int], dict[str, float]]:
    """Return the mean accuracies of both models by data set and images per class."""
    groups: dict[tuple, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["data"], row["per_class"]][row["model"]].append(row["test_accuracy"])
    return {
        where: {model: float(np.mean(values)) for model, values in found.items()}
        for where, found in groups.items()
        if len(found) == 2
    }


def draw_chart(rows: list[dict]) -> None:
    """Draw the accuracies over images per class, one panel per data set."""
    from matplotlib.figure import Figure

    means = means_by_case(rows)
    names = sorted({data for data, _ in means})
    figure = Figure(figsize=(2.2 * len(names), 2.9), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(names), sharey=True))
    for name, axes in zip(names, panels, strict=True):
        counts = sorted(count for data, count in means if data == name)
        for model, marker, color in (("pretrained", "o", "#0072b2"), ("quick", "s", "#d55e00")):
            values = [100 * means[name, count][model] for count in counts]
            axes.plot(counts, values, marker=marker, color=color, label=model, markersize=4)
        axes.set(xscale="log", title=name, xlabel="images per class", ylim=(0, 103))
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("test accuracy (%)")
    panels[0].legend(loc="lower right", fontsize="small")
    figure.savefig(CHART, dpi=110)


def print_table(rows: list[dict]) -> None:
    """Print the mean accuracies, and for each rule how often it chooses the worse model."""
    both = means_by_case(rows)
    channels = {row["data"]: (*row["image_shape"], 1)[2] for row in rows}
    print("| data | images per class | `quick` | `pretrained`, frozen | rule |")
    print("|---|---|---|---|---|")
    wrong: dict[bool, list[str]] = {True: [], False: []}
    for (data, count), means in sorted(both.items()):
        chosen = "pretrained" if channels[data] == 3 else "quick"
        quick_mean, frozen_mean = means["quick"], means["pretrained"]
        quick_text, frozen_text = f"{100 * quick_mean:.1f} %", f"{100 * frozen_mean:.1f} %"
        print(f"| {data} | {count} | {quick_text} | {frozen_text} | {chosen} |")
        if means[chosen] < max(means.values()) - 0.01:
            wrong[data in HELD_OUT].append(f"{data} {count}")
    for held_out, cases in wrong.items():
        where = "held out" if held_out else "used to set the rule"
        print(f"worse by more than a point, {where}: {', '.join(cases) or 'none'}")


if __name__ == "__main__":
    main()
