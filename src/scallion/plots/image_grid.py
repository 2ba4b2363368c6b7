"""Images of the data side by side, each with a caption."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scallion.insight import Mistake
from scallion.plots.png_figure import PngFigure, render
from scallion.plots.style import CAPTION, DPI
from scallion.text_format import percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_LETTERS = 12  # of a class name above an image, followed by the probability


def image_grid_figure(
    name: str, images: NDArray[Any], captions: Sequence[str], description: str, columns: int = 6
) -> PngFigure:
    """Draw images (N, H, W, C) in a grid, each under a caption of one or two lines."""
    columns = min(columns, max(len(images), 1))
    rows = -(-len(images) // columns)
    figure, panels = empty_panels(rows, columns, 1.45, 1.85)
    for panel, image, caption in zip(panels, images, captions, strict=False):
        show_image(panel, image)
        panel.set_title(caption, fontsize=8.5, color=CAPTION, pad=4, linespacing=1.25)
    return render(figure, name, description, "photo", transparent=True)


def mistake_figure(
    images: NDArray[Any], mistakes: Sequence[Mistake], names: Sequence[str], wrong: int
) -> PngFigure:
    """Draw the most confident mistakes, of `wrong` in all, with true and predicted class.

    `images` (N, H, W, C) are those of `mistakes`.
    """
    captions = [
        f"{shorten(names[mistake.true], _MOST_LETTERS)}\n"
        f"as {shorten(names[mistake.predicted], _MOST_LETTERS)}, {percent(mistake.probability, 0)}"
        for mistake in mistakes
    ]
    description = (
        f"The {plural(len(mistakes), 'most confident mistake')} of {wrong:,}. Above each image: "
        "its label, then the predicted class with its probability."
    )
    columns = 6 if len(images) % 5 else 5
    return image_grid_figure("mistakes", images, captions, description, columns)


def shorten(name: str, letters: int) -> str:
    """Return a long name without its middle: names that start alike often differ at the end."""
    end = letters // 3
    return name if len(name) <= letters else f"{name[: letters - end - 1]}…{name[-end:]}"


def empty_panels(
    rows: int, columns: int, width: float, height: float
) -> "tuple[Figure, list[Axes]]":
    """Return a figure and its panels without axes, row by row, each of this size in inches."""
    from matplotlib.figure import Figure  # slow to import

    figure = Figure(figsize=(width * columns, height * rows), dpi=DPI, layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel in panels:
        panel.set_axis_off()
    return figure, panels


def show_image(axes: "Axes", image: NDArray[Any]) -> None:
    """Draw an image (H, W, C) of uint8 or floats, in grey if it has one channel."""
    if image.shape[-1] == 1:
        axes.imshow(image[..., 0], cmap="gray", interpolation="nearest")
        return
    pixels = image[..., :3]
    if pixels.dtype != np.uint8:
        pixels = pixels / max(float(pixels.max()), 1e-9)
    axes.imshow(pixels, interpolation="nearest")
