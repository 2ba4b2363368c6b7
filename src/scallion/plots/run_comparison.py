"""The validation curves of several runs in one figure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scallion import files
from scallion.plots.history import read_history
from scallion.plots.png_figure import to_png, write_literally
from scallion.plots.style import DPI, PALETTE, TEXT, format_as_percent, style_line_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_runs(
    histories: Mapping[str, Mapping[str, list[float]]], path: files.StrPath | None = None
) -> "Figure":
    """Draw validation loss and accuracy per epoch, one line per run.

    With `path` the figure is also written there as PNG. Raises DataError, FileError.
    """
    from matplotlib.figure import Figure  # slow to import

    figure = Figure(figsize=(9.2, 3.9), dpi=DPI, layout="constrained")
    panels = figure.subplots(1, 2)
    for panel, name in zip(panels, ("loss", "accuracy"), strict=True):
        for index, (run, history) in enumerate(histories.items()):
            curves = read_history(history)
            metric = next((metric for metric in curves.metrics if metric.name == name), None)
            if metric is None or metric.validation is None:
                continue
            panel.plot(
                curves.epochs,
                metric.validation,
                color=PALETTE[index % len(PALETTE)],
                linestyle=("solid", "dashed", "dotted")[index // len(PALETTE) % 3],
                marker="o" if len(curves.epochs) == 1 else "",
                linewidth=2,
                label=run,
            )
        panel.set_title(f"Validation {name}", loc="left", fontsize=13, color=TEXT, pad=10)
        panel.set_xlabel("epoch", fontsize=11, color=TEXT)
        style_line_axes(panel)
    format_as_percent(panels[1], "y")
    handles = panels[0].get_lines()
    labels = [str(line.get_label()) for line in handles]  # also names that begin with "_"
    figure.legend(
        handles, labels, loc="outside lower left", ncols=min(3, len(labels)), frameon=False
    )
    write_literally(figure)
    if path is not None:
        text = f"Validation loss and accuracy of {', '.join(histories)}, one line per run."
        files.write_bytes(path, to_png(figure, text))
    return figure
