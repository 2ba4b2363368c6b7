"""The confusion matrix as a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scallion.insight import normalize_rows
from scallion.plots.image_grid import wrap_name
from scallion.plots.png_figure import PngFigure, render
from scallion.plots.style import DPI, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NUMBERED = 20  # classes, above which numbers no longer fit their cells
_MOST_NAMED = 25  # classes, above which only every n-th name is written
_MOST_LETTERS = 14  # of a class name along an axis


def confusion_figure(
    matrix: NDArray[np.int64], names: Sequence[str], *, normalize: bool = False
) -> PngFigure:
    """Draw a confusion matrix (true class, predicted class), legible for 2 to 100 classes.

    With `normalize` each row is divided by its sum.
    """
    from matplotlib.figure import Figure  # slow to import

    values = normalize_rows(matrix) if normalize else matrix.astype(np.float64)
    classes = len(matrix)
    side = min(max(3.4, 0.52 * classes + 1.6), 9.0)
    figure = Figure(figsize=(side + 0.4, side), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=9, labelcolor=TEXT)
    top = 1.0 if normalize else max(float(values.max()), 1.0)
    axes.imshow(values, cmap="Blues", vmin=0, vmax=top, interpolation="nearest")
    if classes <= _MOST_NUMBERED:
        _write_values(axes, values, top, percent=normalize)
    _name_classes(axes, names)
    axes.set_xlabel("predicted class", fontsize=10, color=TEXT)
    axes.set_ylabel("true class", fontsize=10, color=TEXT)
    unit = "percentages of each true class" if normalize else "numbers of images"
    return render(
        figure,
        "confusion-normalized" if normalize else "confusion",
        f"Confusion matrix of {classes} classes, {unit}. {int(matrix.trace()):,} of "
        f"{int(matrix.sum()):,} images lie on the diagonal: they are classified correctly.",
    )


def _write_values(axes: "Axes", values: NDArray[np.float64], top: float, *, percent: bool) -> None:
    size = 9 if len(values) <= 12 else 7
    for row, column in np.ndindex(*values.shape):
        value = values[row, column]
        text = f"{100 * value:.0f}" if percent else f"{int(value)}"
        colour = "white" if value > 0.55 * top else TEXT if value else "#B9C0C8"
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)


def _name_classes(axes: "Axes", names: Sequence[str]) -> None:
    step = -(-len(names) // _MOST_NAMED)
    labels = list(range(0, len(names), step))
    lines = 2 if len(labels) <= 12 else 1
    short = [wrap_name(names[label], _MOST_LETTERS * 2 // lines, 2) for label in labels]
    size = 9 if len(labels) <= 12 else 7
    axes.set_xticks(labels, short, rotation=45, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(labels, short, fontsize=size)
