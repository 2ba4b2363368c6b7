"""Draws how training went: loss and accuracy, for training and validation."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion import files
from scallion.insight.prose import percent
from scallion.report.description import describe
from scallion.report.history import Measure, read_history
from scallion.runs.folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's blue and vermilion: told apart with every kind of colour blindness, and in grey,
# where the dashes tell them apart as well.
TRAINING, VALIDATION = "#0072B2", "#C44601"
INK, FAINT = "#333333", "#E4E4E4"
DPI = 150
_PANEL = (4.6, 3.5)  # inches
_LABEL_GAP = 0.085  # least distance of two labels, in heights of a panel

End = tuple[float, float, str, str]  # epoch, value, word, colour


def plot(history: Any, path: files.StrPath | None = None) -> "Figure":
    """A figure of loss and metrics over the epochs, for training and validation.

    `history` is what `fit` returned, a dict of lists, a DataFrame or a run folder; with `path` the
    picture is written there as well, with a description in words for those who cannot see it. The
    best validated epoch is marked. Raises ArgumentError, DataError, FileError.
    """
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that a notebook shows without pyplot."""

        def _repr_png_(self) -> bytes:
            return as_png(self, text)

    curves = read_history(history)
    text = describe(history)
    count = len(curves.measures)
    columns = min(count, 2)
    lines = -(-count // columns)
    figure = Picture(
        figsize=(_PANEL[0] * columns, _PANEL[1] * lines), dpi=DPI, layout="constrained"
    )
    figure.get_layout_engine().set(wspace=0.06, hspace=0.08)  # type: ignore[union-attr]
    panels = list(figure.subplots(lines, columns, squeeze=False).flat)
    for panel, measure in zip(panels, curves.measures, strict=False):
        _draw(panel, curves.epochs, measure)
    for unused in panels[count:]:
        unused.set_axis_off()
    if path is not None:
        files.write_bytes(path, as_png(figure, text))
    return figure


def save_curves(run: RunFolder) -> None:
    """Draw the run's `history.png`, where an epoch was completed. Raises FileError."""
    if run.history.is_file():
        plot(run, run.curves)


def _draw(axes: "Axes", epochs: np.ndarray, measure: Measure) -> None:
    _prepare(axes, epochs, measure)
    ends: list[End] = []
    best = measure.best()
    for values, word, colour, dashes in (
        (measure.training, "training", TRAINING, (0, (4, 1.6))),
        (measure.validation, "validation", VALIDATION, "solid"),
    ):
        if values is None:
            continue
        single = "o" if np.isfinite(values).sum() == 1 else ""
        axes.plot(epochs, values, color=colour, linestyle=dashes, marker=single, linewidth=2)
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite):
            ends.append((float(epochs[finite[-1]]), float(values[finite[-1]]), word, colour))
    if measure.is_share:
        axes.set_ylim(top=min(axes.get_ylim()[1], 1.02))  # nothing is more than all of it
    if best is not None and measure.validation is not None:
        _mark_best(axes, float(epochs[best]), float(measure.validation[best]), measure)
    _label_ends(axes, ends)


def _prepare(axes: "Axes", epochs: np.ndarray, measure: Measure) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    title = measure.name.replace("_", " ")
    axes.set_title(title[:1].upper() + title[1:], loc="left", fontsize=13, color=INK, pad=10)
    axes.set_xlabel("epoch", fontsize=11, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if measure.is_share:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    low, high = float(epochs[0]), float(epochs[-1])
    room = max(high - low, 1.0)
    axes.set_xlim(low - 0.04 * room, high + 0.04 * room)
    axes.margins(y=0.12)
    axes.grid(axis="y", color=FAINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#999999")
    axes.tick_params(length=0, labelsize=11, labelcolor=INK)


def _mark_best(axes: "Axes", epoch: float, value: float, measure: Measure) -> None:
    axes.plot([epoch], [value], marker="o", markersize=7, color=VALIDATION, zorder=5)
    shown = percent(value) if measure.is_share else f"{value:.3g}"
    # Beside the title, where it covers no curve.
    axes.set_title(
        f"best {shown}, epoch {epoch:g}", loc="right", fontsize=11, color=VALIDATION, pad=10
    )


def _label_ends(axes: "Axes", ends: list[End]) -> None:
    """Name each curve at its end, moved apart where two would cover each other."""
    low, high = axes.get_ylim()
    heights = [(value - low) / (high - low) for _, value, _, _ in ends]
    if len(heights) == 2 and abs(heights[0] - heights[1]) < _LABEL_GAP:
        upper = int(heights[1] > heights[0])
        middle = sum(heights) / 2
        heights[upper] = middle + _LABEL_GAP / 2
        heights[1 - upper] = middle - _LABEL_GAP / 2
    for (epoch, _, word, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            word,
            (epoch, height),
            xycoords=("data", "axes fraction"),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=11,
            color=colour,
            annotation_clip=False,
        )


def as_png(figure: "Figure", description: str) -> bytes:
    """The figure as a PNG that says in words what it shows."""
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white", metadata={"Description": description})
    return out.getvalue()
