"""Small multiples: a grid of panels with curves per epoch, each the mean and range of repeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scallion.plots.png_figure import to_png
from scallion.plots.style import DPI, TEXT, format_as_percent, style_line_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (3.9, 2.9)  # inches of a panel
Repeats = Sequence[NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class LinePanel:
    """A panel's title and its curves: for each label of the legend, one array per repeat."""

    title: str
    curves: Sequence[Repeats]
    is_fraction: bool = False


def line_panels_png(
    rows: Sequence[Sequence[LinePanel]],
    labels: Sequence[str | None],
    *,
    legend: str | None,
    description: str,
) -> bytes:
    """Return the figure of `draw_line_panels` as PNG, with its description."""
    return to_png(draw_line_panels(rows, labels, legend=legend), description)


def draw_line_panels(
    rows: Sequence[Sequence[LinePanel]], labels: Sequence[str | None], *, legend: str | None
) -> "Figure":
    """Draw rows of panels: a line for the mean over the repeats, a band for their range.

    The panels of a row show one measure, and share its axis, so that they can be compared.
    """
    from matplotlib import colormaps  # slow to import
    from matplotlib.figure import Figure  # slow to import

    width, height = _SIZE
    columns = len(rows[0])
    size = (width * columns + 1.2, height * len(rows))
    figure = Figure(size, dpi=DPI, layout="constrained")
    all_axes = figure.subplots(len(rows), columns, squeeze=False, sharex=True, sharey="row")
    colours = [tuple(rgba) for rgba in colormaps["viridis"](np.linspace(0, 0.82, len(labels)))]
    for axes_row, panels in zip(all_axes, rows, strict=True):
        for axes, panel in zip(axes_row, panels, strict=True):
            _draw(axes, panel, labels, colours)
    for axes in all_axes[-1]:
        axes.set_xlabel("epoch", fontsize=10, color=TEXT)
    if legend is not None:
        handles = all_axes[0][0].get_lines()
        texts = [str(line.get_label()) for line in handles]  # also names that begin with "_"
        figure.legend(
            handles, texts, loc="outside right center", title=legend, frameon=False, fontsize=10
        )
    return figure


def _draw(
    axes: "Axes",
    panel: LinePanel,
    labels: Sequence[str | None],
    colours: Sequence[tuple[float, ...]],
) -> None:
    for repeats, label, colour in zip(panel.curves, labels, colours, strict=True):
        if not repeats:
            continue
        shared = min(map(len, repeats))
        stacked = np.array([curve[:shared] for curve in repeats])
        epochs = np.arange(1, shared + 1)
        axes.plot(epochs, stacked.mean(axis=0), color=colour, linewidth=2, label=label)
        if len(repeats) > 1:
            axes.fill_between(
                epochs, stacked.min(axis=0), stacked.max(axis=0), color=colour, alpha=0.18, lw=0
            )
    axes.set_title(panel.title, loc="left", fontsize=11, color=TEXT)
    style_line_axes(axes, size=10)
    if panel.is_fraction:
        format_as_percent(axes, "y")
