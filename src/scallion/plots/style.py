"""Colours and axes that all figures share."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours can be told apart with every kind of colour blindness. Training and
# validation differ in grey as well: one is dashed.
TRAINING, VALIDATION = "#0072B2", "#C44601"
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
TEXT, GRID, BASELINE = "#333333", "#E4E4E4", "#999999"
CAPTION = "#757D86"  # legible on a light and on a dark page: figures of images are transparent
DPI = 150


def style_line_axes(axes: "Axes", *, size: float = 11) -> None:
    """Give axes with epochs along x integer ticks, a light grid and no frame but the baseline."""
    from matplotlib.ticker import MaxNLocator  # slow to import

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.grid(axis="y", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(BASELINE)
    axes.tick_params(length=0, labelsize=size, labelcolor=TEXT)


def format_as_percent(axes: "Axes", which: Literal["x", "y"], digits: int | None = None) -> None:
    """Label the ticks of fractions as percentages, with `digits` decimals or as many as needed."""
    from matplotlib.ticker import FuncFormatter  # slow to import

    pattern = "{:g} %" if digits is None else f"{{:.{digits}f}} %"
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: pattern.format(100 * value)))
