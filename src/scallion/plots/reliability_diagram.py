"""The reliability diagram: accuracy against predicted probability."""

from scallion.insight import CalibrationCurve
from scallion.plots.png_figure import PngFigure, render
from scallion.plots.style import DPI, GRID, TEXT, VALIDATION, format_as_percent

_ENOUGH = 10  # images in a bin, below which no line leads to its dot


def reliability_figure(curve: CalibrationCurve) -> PngFigure:
    """Draw a reliability diagram; calibrated probabilities lie on the diagonal."""
    from matplotlib.figure import Figure  # slow to import

    figure = Figure(figsize=(4.2, 3.6), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=9, labelcolor=TEXT)
    filled = curve.count > 0
    axes.plot([0, 1], [0, 1], color="#AAAAAA", linewidth=1, linestyle=(0, (4, 3)))
    sizes = 12 + 160 * curve.count[filled] / curve.count.max()
    confidence, accuracy = curve.confidence[filled], curve.accuracy[filled]
    enough = curve.count[filled] >= _ENOUGH
    axes.plot(confidence[enough], accuracy[enough], color=VALIDATION, linewidth=1.5, alpha=0.6)
    axes.scatter(confidence, accuracy, s=sizes, color=VALIDATION, zorder=3, edgecolor="white")
    axes.set_xlabel("probability of the predicted class", fontsize=10, color=TEXT)
    axes.set_ylabel("accuracy", fontsize=10, color=TEXT)
    format_as_percent(axes, "x", 0)
    format_as_percent(axes, "y", 0)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.grid(color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    return render(
        figure,
        "reliability",
        "Reliability diagram: accuracy for each predicted probability. On average they differ by "
        f"{100 * curve.error:.1f} percentage points. Larger dots stand for more images.",
    )
