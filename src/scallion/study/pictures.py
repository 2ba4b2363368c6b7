"""Small multiples: a row of panels for each measure, a column for each data set or model."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scallion.errors import DataError
from scallion.report.curves import DPI, FAINT, INK
from scallion.study.plan import Study, Value
from scallion.study.results import Result, chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (3.9, 2.9)  # inches
MEASURES = (("val_accuracy", "Validation accuracy"), ("val_loss", "Validation loss"))
MOST = 5  # columns of panels


def draw(study: Study, results: Sequence[Result]) -> bytes:
    """A PNG of the curves: the mean over the seeds as a line, from the least to the most as a band.

    Raises DataError where no run has an epoch.
    """
    from matplotlib.figure import Figure

    whole = [result for result in results if len(result.history.get("val_loss", ()))]
    if not whole:
        raise DataError(
            "no run of this study is finished, so there is nothing to draw",
            hint="scallion study run FILE",
        )
    column_axis, line_axis = axes_of(study, whole)
    columns = _values(study, column_axis, whole)[:MOST] if column_axis else [None]
    lines = _values(study, line_axis, whole) if line_axis else [None]
    width, height = _PANEL
    figure = Figure((width * len(columns) + 1.2, height * 2), dpi=DPI, layout="constrained")
    panels = figure.subplots(2, len(columns), squeeze=False, sharex=True)
    for row, (measure, title) in enumerate(MEASURES):
        for panel, value in zip(panels[row], columns, strict=True):
            where = {} if column_axis is None or value is None else {column_axis: value}
            _panel(panel, study, chosen(whole, where), measure, line_axis, lines)
            name = "" if value is None or column_axis is None else study.label(column_axis, value)
            panel.set_title(
                f"{title}, {name}" if name else title, loc="left", fontsize=11, color=INK
            )
        panels[row][0].yaxis.set_tick_params(labelsize=10)
    for panel in panels[-1]:
        panel.set_xlabel("epoch", fontsize=10, color=INK)
    if line_axis is not None:
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside right center", title=line_axis, frameon=False, fontsize=10
        )
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white", metadata={"Description": study.title})
    return out.getvalue()


def axes_of(study: Study, results: Sequence[Result]) -> tuple[str | None, str | None]:
    """Which axis makes the columns of panels, and which the lines: words, then numbers."""
    varied = [
        axis for axis in study.axes if axis != "seed" and len(_values(study, axis, results)) > 1
    ]
    words = [axis for axis in varied if isinstance(_values(study, axis, results)[0], str)]
    column = words[0] if words else None
    others = [axis for axis in varied if axis != column]
    return column, others[0] if others else None


def _values(study: Study, axis: str, results: Sequence[Result]) -> list[Value]:
    found = {result.values[axis] for result in results if axis in result.values}
    known = study.axes[axis]
    return (
        [value for value in known if value in found] if isinstance(known, list) else sorted(found)
    )


def _panel(
    axes: "Axes",
    study: Study,
    results: Sequence[Result],
    measure: str,
    line_axis: str | None,
    lines: Sequence[Value | None],
) -> None:
    from matplotlib import colormaps
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    shades = colormaps["viridis"](np.linspace(0, 0.82, len(lines)))
    for value, colour in zip(lines, shades, strict=True):
        where = {} if line_axis is None or value is None else {line_axis: value}
        runs = [result.column(measure) for result in chosen(results, where)]
        if not runs:
            continue
        shared = min(map(len, runs))
        stacked = np.array([run[:shared] for run in runs])
        epochs = np.arange(1, shared + 1)
        label = None if value is None or line_axis is None else study.label(line_axis, value)
        axes.plot(epochs, stacked.mean(axis=0), color=colour, linewidth=2, label=label)
        if len(runs) > 1:
            axes.fill_between(
                epochs, stacked.min(axis=0), stacked.max(axis=0), color=colour, alpha=0.18, lw=0
            )
    if measure == "val_accuracy":
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.grid(axis="y", color=FAINT)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#999999")
    axes.tick_params(length=0, labelsize=10, labelcolor=INK)
