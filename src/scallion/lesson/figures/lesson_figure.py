"""What a figure is before it is drawn: panels of numbers, and words."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scallion.plots.style import DPI, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 36  # numbers that a panel still prints one by one


@dataclass(frozen=True, slots=True, eq=False)
class ImagePanel:
    """An image, grey (h, w) or colour (h, w, 3), with its title.

    A panel with few numbers shows the numbers themselves.
    """

    title: str
    pixels: NDArray[Any]

    @property
    def shows_numbers(self) -> bool:
        return self.pixels.ndim == 2 and self.pixels.size <= FEW

    @property
    def shades(self) -> NDArray[np.float64]:
        """The pixels from 0, black, to 1, white: what is lowest to what is highest."""
        values = self.pixels.astype(np.float64)
        if self.pixels.dtype == np.uint8:
            return values / 255
        low, high = float(values.min()), float(values.max())
        return (values - low) / (high - low) if high > low else np.zeros_like(values)


@dataclass(frozen=True, slots=True, eq=False)
class LessonFigure:
    """A figure: panels side by side, what they show in words, and the numbers behind it."""

    panels: Sequence[ImagePanel]
    words: str
    numbers: dict[str, Any] = field(default_factory=dict)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        from matplotlib.figure import Figure

        count = len(self.panels)
        columns = min(count, 6)
        lines = -(-count // columns)
        side = 2.6 if columns <= 4 else 1.6
        figure = Figure((side * columns, (side + 0.35) * lines), dpi=DPI, layout="constrained")
        axes = list(figure.subplots(lines, columns, squeeze=False).flat)
        for place in axes:
            place.set_axis_off()
        for place, panel in zip(axes, self.panels, strict=False):
            _draw(place, panel, 11 if columns <= 4 else 9)
        out = io.BytesIO()
        figure.savefig(out, format="png", facecolor="white", metadata={"Description": self.words})
        return out.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


def _draw(axes: "Axes", panel: ImagePanel, size: int) -> None:
    shades = panel.shades
    axes.set_title(panel.title, fontsize=size, color=TEXT)
    if panel.shows_numbers:
        # Light, so that the numbers on it can be read.
        axes.imshow(0.72 + 0.28 * shades, cmap="gray", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(panel.pixels):
            text = f"{value:.3g}"
            axes.text(column, row, text, ha="center", va="center", fontsize=size + 1, color=TEXT)
        return
    axes.imshow(shades, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
