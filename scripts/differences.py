#!/usr/bin/env python3
"""Writes docs/reference/keras-names.md: every public name of Keras in scope, and what Scallion has for it.

Needs keras and torch: `KERAS_BACKEND=torch python scripts/differences.py [--check]`.
"""

import inspect
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "keras-names.md"
MODULES = (
    "layers",
    "models",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "callbacks",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "utils",
    "datasets",
    "backend",
)
# Names that are the same thing under an older spelling, or Keras' own plumbing.
PLUMBING = ("deserialize", "serialize", "get")

# Where Scallion answers and Keras does not, or answers better.
BETTER = {
    "layers.Layer": "describes layers; a layer with a `call` of its own is refused",
    "metrics.Precision": "takes integer labels with a column a class: [metrics](../how-to/precision-and-recall.md)",
    "metrics.Recall": "takes integer labels with a column a class: [metrics](../how-to/precision-and-recall.md)",
    "metrics.F1Score": "takes integer labels, where Keras' answer is none: [metrics](../how-to/precision-and-recall.md)",
    "metrics.FBetaScore": "takes integer labels: [metrics](../how-to/precision-and-recall.md)",
    "metrics.AUC": "takes integer labels with a column a class, one against rest",
    "callbacks.BackupAndRestore": "goes on to the same bits, curves included",
    "utils.plot_model": "needs no Graphviz; writes SVG too",
    "models.Model": "shape errors name the layer and an edit that helps; a drawing in notebooks",
    "models.load_model": "never runs code from a file; damage is named",
    "models.Sequential": "shape errors name the layer and an edit that helps",
}


INTRODUCTION = (
    "Every public class and function in the modules that scripts for small image networks use. "
    "This page is written by `scripts/differences.py`, and a test repeats that against the "
    "installed Keras. What is not there raises an error that names it."
)


def public(module: Any) -> Iterator[str]:
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if (not name.startswith("_") and (inspect.isclass(value) or inspect.isroutine(value))) or (
            inspect.ismodule(value) and module.__name__.endswith("datasets")
        ):
            yield name


def arguments(value: Any) -> dict[str, Any]:
    """Argument names with their defaults."""
    try:
        found = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return {}
    plain = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {p.name: p.default for p in found if p.kind not in plain and p.name != "self"}


def missing_arguments(theirs: Any, ours: Any) -> list[str]:
    """Keras' arguments that ours does not name; options that all layers share are not counted."""
    try:
        parameters = inspect.signature(ours).parameters.values()
    except (TypeError, ValueError):
        return []
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    shared = {"name", "dtype", "trainable", "activity_regularizer"} if takes_any else set()
    return sorted(set(arguments(theirs)) - set(arguments(ours)) - shared)


def compared(keras: Any, scallion: Any) -> Iterator[tuple[str, str, str, str]]:
    """Module, name, what it is here, and a remark."""
    for path in MODULES:
        theirs = import_module(f"{keras.__name__}.{path}")
        ours = import_module(f"{scallion.__name__}.{path}")
        same: dict[int, str] = {}
        for name in public(theirs):
            value = getattr(theirs, name)
            first = same.setdefault(id(value), name)
            if name in PLUMBING and path != "layers":
                continue
            try:
                here = getattr(ours, name)
            except (AttributeError, NotImplementedError):
                here = None
            if here is None:
                yield path, name, "not there", f"another name of {first}" if first != name else ""
                continue
            lacking = missing_arguments(value, here)
            if f"{path}.{name}" in BETTER:
                yield path, name, "better", BETTER[f"{path}.{name}"]
            elif lacking:
                listed = ", ".join(f"`{argument}`" for argument in lacking)
                yield path, name, "same", f"without {listed}"
            else:
                yield path, name, "same", ""


def page(keras: Any, scallion: Any) -> str:
    rows = list(compared(keras, scallion))
    count = {kind: sum(row[2] == kind for row in rows) for kind in ("same", "better", "not there")}
    lines = [
        "# Keras' names, and what is here",
        "",
        INTRODUCTION,
        "",
        f"Keras {keras.__version__}: {', '.join(f'{n} {kind}' for kind, n in count.items())}.",
        "",
    ]
    for path in MODULES:
        chosen = [row for row in rows if row[0] == path]
        lines += [f"## keras.{path}", ""]
        there = [row for row in chosen if row[2] != "not there"]
        if there:
            lines += ["| name | here | |", "|---|---|---|"]
            lines += [f"| `{name}` | {kind} | {remark} |" for _, name, kind, remark in there]
            lines.append("")
        absent = [f"`{name}`" for _, name, kind, _ in chosen if kind == "not there"]
        if absent:
            lines += [f"Not there: {', '.join(absent)}.", ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    import scallion

    text = page(keras, scallion)
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(text.splitlines())} lines")


if __name__ == "__main__":
    main()
