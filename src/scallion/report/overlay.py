"""The curves of several runs in one picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scallion import files
from scallion.report.curves import DPI, FAINT, INK, as_png
from scallion.report.history import read_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which are told apart with every kind of colour blindness.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def overlay(
    histories: Mapping[str, Mapping[str, list[float]]], path: files.StrPath | None = None
) -> "Figure":
    """A figure of validation loss and accuracy over the epochs, a line a run.

    With `path` the picture is written there as well. Raises DataError, FileError.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = Figure(figsize=(9.2, 3.9), dpi=DPI, layout="constrained")
    panels = figure.subplots(1, 2)
    for panel, name in zip(panels, ("loss", "accuracy"), strict=True):
        for place, (run, history) in enumerate(histories.items()):
            curves = read_history(history)
            measure = next((one for one in curves.measures if one.name == name), None)
            if measure is None or measure.validation is None:
                continue
            panel.plot(
                curves.epochs,
                measure.validation,
                color=COLOURS[place % len(COLOURS)],
                linestyle=("solid", "dashed", "dotted")[place // len(COLOURS) % 3],
                marker="o" if len(curves.epochs) == 1 else "",
                linewidth=2,
                label=run,
            )
        panel.set_title(f"Validation {name}", loc="left", fontsize=13, color=INK, pad=10)
        panel.set_xlabel("epoch", fontsize=11, color=INK)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        panel.grid(axis="y", color=FAINT, linewidth=1)
        panel.set_axisbelow(True)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.spines["bottom"].set_color("#999999")
        panel.tick_params(length=0, labelsize=11, labelcolor=INK)
    panels[1].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower left", ncols=min(3, len(labels)), frameon=False
    )
    if path is not None:
        words = f"Validation loss and accuracy of {', '.join(histories)}, a line a run."
        files.write_bytes(path, as_png(figure, words))
    return figure
