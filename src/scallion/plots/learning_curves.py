"""Learning curves: loss and metrics per epoch, for training and validation."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion import files
from scallion.plots.curve_descriptions import describe_curves, format_metric
from scallion.plots.history import MetricCurves, read_history
from scallion.plots.png_figure import to_png, write_literally
from scallion.plots.style import (
    DPI,
    TEXT,
    TRAINING,
    VALIDATION,
    format_as_percent,
    style_line_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (4.6, 3.5)  # inches
_LABEL_GAP = 0.085  # least distance of two labels, as a fraction of the panel's height

CurveEnd = tuple[float, float, str, str]  # epoch, value, label, colour


def plot(history: Any, path: files.StrPath | None = None) -> "Figure":
    """Draw loss and metrics per epoch, for training and validation, and mark the best epoch.

    `history` is what `fit` returned, a dict of lists, a DataFrame or a run folder. With `path` the
    figure is also written there as PNG, with a description in words for those who cannot see it.
    Raises ArgumentError, DataError, FileError.
    """
    from matplotlib.figure import Figure  # slow to import

    class NotebookFigure(Figure):
        """A figure that a notebook shows without pyplot."""

        def _repr_png_(self) -> bytes:
            return to_png(self, description)

    curves = read_history(history)
    description = describe_curves(history)
    count = len(curves.metrics)
    columns = min(count, 2)
    rows = -(-count // columns)
    figure = NotebookFigure(
        figsize=(_PANEL[0] * columns, _PANEL[1] * rows), dpi=DPI, layout="constrained"
    )
    figure.get_layout_engine().set(wspace=0.06, hspace=0.08)  # type: ignore[union-attr]
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel, metric in zip(panels, curves.metrics, strict=False):
        _draw(panel, curves.epochs, metric, curves.best())
    for unused in panels[count:]:
        unused.set_axis_off()
    write_literally(figure)
    if path is not None:
        files.write_bytes(path, to_png(figure, description))
    return figure


def save_curves(history: files.StrPath, png: files.StrPath) -> None:
    """Draw the curves of a `history.csv` into a PNG file; without that file, do nothing.

    A training that was stopped in its first epoch has no history. Raises FileError.
    """
    if Path(history).is_file():
        plot(history, png)


def _draw(axes: "Axes", epochs: np.ndarray, metric: MetricCurves, best: int | None) -> None:
    _prepare(axes, epochs, metric)
    ends: list[CurveEnd] = []
    for values, label, colour, dashes in (
        (metric.training, "training", TRAINING, (0, (4, 1.6))),
        (metric.validation, "validation", VALIDATION, "solid"),
    ):
        if values is None:
            continue
        single = "o" if np.isfinite(values).sum() == 1 else ""
        axes.plot(epochs, values, color=colour, linestyle=dashes, marker=single, linewidth=2)
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite):
            ends.append((float(epochs[finite[-1]]), float(values[finite[-1]]), label, colour))
    if metric.is_fraction:
        axes.set_ylim(top=min(axes.get_ylim()[1], 1.02))
    if best is not None and metric.validation is not None and np.isfinite(metric.validation[best]):
        _mark_best(axes, float(epochs[best]), float(metric.validation[best]), metric)
    _label_ends(axes, ends)


def _prepare(axes: "Axes", epochs: np.ndarray, metric: MetricCurves) -> None:
    from matplotlib.ticker import MaxNLocator  # slow to import

    axes.set_title(metric.title, loc="left", fontsize=13, color=TEXT, pad=10)
    axes.set_xlabel("epoch", fontsize=11, color=TEXT)
    style_line_axes(axes)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if metric.is_fraction:
        format_as_percent(axes, "y")
    low, high = float(epochs[0]), float(epochs[-1])
    width = max(high - low, 1.0)
    axes.set_xlim(low - 0.04 * width, high + 0.04 * width)
    axes.margins(y=0.12)


def _mark_best(axes: "Axes", epoch: float, value: float, metric: MetricCurves) -> None:
    axes.plot([epoch], [value], marker="o", markersize=7, color=VALIDATION, zorder=5)
    # Next to the title, where it covers no curve.
    text = f"{format_metric(metric, value)} in the best epoch, {epoch:g}"
    axes.set_title(text, loc="right", fontsize=11, color=VALIDATION, pad=10)


def _label_ends(axes: "Axes", ends: list[CurveEnd]) -> None:
    """Label each curve at its end; two labels that would overlap are moved apart."""
    low, high = axes.get_ylim()
    heights = [(value - low) / (high - low) for _, value, _, _ in ends]
    if len(heights) == 2 and abs(heights[0] - heights[1]) < _LABEL_GAP:
        upper = int(heights[1] > heights[0])
        middle = sum(heights) / 2
        heights[upper] = middle + _LABEL_GAP / 2
        heights[1 - upper] = middle - _LABEL_GAP / 2
    for (epoch, _, label, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            label,
            (epoch, height),
            xycoords=("data", "axes fraction"),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=11,
            color=colour,
            annotation_clip=False,
        )
