"""The figures of an evaluation: confusion, calibration, mistakes."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from scallion.insight import Evaluation, Mistake
from scallion.plot_fonts import drawable_names
from scallion.plots.confusion_matrix import confusion_figure
from scallion.plots.image_grid import mistake_figure
from scallion.plots.png_figure import PngFigure
from scallion.plots.reliability_diagram import reliability_figure


def evaluation_figures(
    scores: Evaluation,
    names: Sequence[str],
    mistakes: Sequence[Mistake] = (),
    images: NDArray[Any] | None = None,
) -> list[PngFigure]:
    """Return confusion matrices, reliability diagram, and the mistakes with `images` (N, H, W, C).

    Without mistakes or their images the last one is left out.
    """
    names = drawable_names(names)
    figures = [
        confusion_figure(scores.confusion, names),
        confusion_figure(scores.confusion, names, normalize=True),
        reliability_figure(scores.calibration),
    ]
    if mistakes and images is not None:
        wrong = scores.images - int(scores.confusion.trace())
        figures.append(mistake_figure(images, mistakes, names, wrong))
    return figures
