"""A figure of a lesson: panels with images or numbers, and a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scallion.plots.png_figure import to_png
from scallion.plots.style import CAPTION, DPI, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_VALUES = 36  # of a panel that prints its values


@dataclass(frozen=True, slots=True, eq=False)
class ImagePanel:
    """A titled image, grey (H, W) or RGB (H, W, 3). A small grey one shows its values as text."""

    title: str
    pixels: NDArray[Any]

    @property
    def shows_values(self) -> bool:
        """True if the values are printed."""
        return self.pixels.ndim == 2 and self.pixels.size <= _MOST_VALUES

    @property
    def brightness(self) -> NDArray[np.float64]:
        """The pixels between 0 and 1: uint8 divided by 255, others from their lowest to highest."""
        values = self.pixels.astype(np.float64)
        if self.pixels.dtype == np.uint8:
            return values / 255
        low, high = float(values.min()), float(values.max())
        return (values - low) / (high - low) if high > low else np.zeros_like(values)


@dataclass(frozen=True, slots=True, eq=False)
class LessonFigure:
    """Panels next to each other, and a text that says what they show."""

    panels: Sequence[ImagePanel]
    text: str

    def png(self) -> bytes:
        """Return the panels as a PNG file with a transparent ground."""
        from matplotlib.figure import Figure  # slow to import

        columns = min(len(self.panels), 6)
        rows = -(-len(self.panels) // columns)
        side, size = (2.6, 11) if columns <= 4 else (1.6, 9)
        figure = Figure((side * columns, (side + 0.35) * rows), dpi=DPI, layout="constrained")
        all_axes = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes in all_axes:
            axes.set_axis_off()
        for axes, panel in zip(all_axes, self.panels, strict=False):
            _draw(axes, panel, size)
        return to_png(figure, self.text, transparent=True)

    def _repr_png_(self) -> bytes:
        return self.png()


def _draw(axes: "Axes", panel: ImagePanel, size: int) -> None:
    brightness = panel.brightness
    axes.set_title(panel.title, fontsize=size, color=CAPTION)
    if not panel.shows_values:
        axes.imshow(brightness, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        return
    axes.imshow(0.72 + 0.28 * brightness, cmap="gray", vmin=0, vmax=1)  # light behind the text
    for (row, column), value in np.ndenumerate(panel.pixels):
        text = f"{value:.3g}"
        axes.text(column, row, text, ha="center", va="center", fontsize=size + 1, color=TEXT)
