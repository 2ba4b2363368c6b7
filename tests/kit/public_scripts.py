"""Run a script of `tests/compat/scripts`, and summarise what it printed and what it made.

A summary has nothing that random initial weights change: types, shapes, names, counts, and the
script's own lines with their fractions replaced. Numbers that Keras must agree on are in the
variables that the script's comment `# exact: NAME, NAME` lists.
"""

import builtins
import csv
import random
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SCRIPTS = Path(__file__).parents[1] / "compat" / "scripts"
FRACTION = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?%?|\d(?:\.\d*)?e-\d+")


def make_photos(folder: Path) -> None:
    """Write 20 small images of two classes, and a table of their names."""
    generator = np.random.default_rng(0)
    rows: list[tuple[str, str]] = []
    for kind in ("cats", "dogs"):
        (folder / "photos" / kind).mkdir(parents=True)
        for number in range(20):
            name = f"{kind}/{number:03d}.png"
            pixels = generator.integers(0, 255, (36, 48, 3), np.uint8)
            pixels[..., kind == "dogs"] //= 3
            Image.fromarray(pixels).save(folder / "photos" / name)
            rows.append((name, kind))
    with (folder / "photos.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("filename", "label"), *rows])


def run_recorded(script: Path, run: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Return the summary of a script that `run` runs and returns the variables of."""
    random.seed(0)
    np.random.seed(0)
    lines: list[str] = []
    write = builtins.print

    def record(*values: Any, sep: str | None = " ", **options: Any) -> None:
        if sys._getframe(1).f_code.co_filename == str(script):
            lines.append((" " if sep is None else sep).join(map(str, values)))
        write(*values, sep=sep, **options)

    builtins.print = record
    try:
        found = run()
    finally:
        builtins.print = write
    text = script.read_text(encoding="utf-8")
    exact, ignored = listed(text, "exact"), listed(text, "not compared")
    summaries = {
        name: one
        for name, value in sorted(found.items())
        if not name.startswith("_") and name not in {*exact, *ignored}
        if (one := summary(value)) is not None
    }
    return {
        "exact": {name: numbers(found[name]) for name in exact},
        "printed": [FRACTION.sub("#", line) for line in lines],
        "variables": summaries,
    }


def listed(text: str, kind: str) -> list[str]:
    """Return the names in a comment of a script, such as `# exact: losses, distances`."""
    found = re.search(rf"^# {kind}: (.+)$", text, re.MULTILINE)
    return found.group(1).split(", ") if found else []


def numbers(value: Any) -> list[float]:
    """Return all numbers of a value in one list, with six digits."""
    if isinstance(value, list | tuple):
        return [number for one in value for number in numbers(one)]
    return [float(f"{number:.6g}") for number in np.ravel(np.asarray(value, np.float64))]


def summary(value: Any) -> Any:
    """Return what is the same on each run of a script, or None for other kinds of objects."""
    kinds = {one.__name__ for one in type(value).__mro__}
    if "History" in kinds:
        return {"history": sorted(value.history), "epochs": list(value.epoch)}
    if "Model" in kinds and value.built:
        return model_summary(value)
    if isinstance(value, np.ndarray) or hasattr(value, "numpy"):
        shape = getattr(value, "shape", None)
        if isinstance(value, type) or shape is None or callable(shape):
            return None
        return {"shape": list(shape), "kind": dtype_kind(value)}
    if isinstance(value, str):
        return value if len(value) < 80 else None
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float | np.generic):
        return type(value).__name__ if isinstance(value, float) else value.dtype.kind
    if isinstance(value, list | tuple) and len(value) < 30:
        return [summary(one) for one in value]
    return None


def dtype_kind(value: Any) -> str:
    name = str(getattr(value.dtype, "name", value.dtype))
    return name.rstrip("0123456789")


def model_summary(model: Any) -> dict[str, Any]:
    return {
        "kind": "Sequential" if type(model).__name__ == "Sequential" else "Model",
        "parameters": int(model.count_params()),
        "weights": [list(weight.shape) for weight in model.weights],
        # A functional model within a model is a Model here, too.
        "layers": [
            {"Model": "Functional"}.get(type(layer).__name__, type(layer).__name__)
            for layer in model.layers
        ],
    }
