"""Images of the data side by side, each with a caption."""

import textwrap
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

_MOST_LETTERS = 20  # in a line above an image


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
        "\n".join(
            wrap_name(text, _MOST_LETTERS)
            for text in (
                names[mistake.true],
                f"as {names[mistake.predicted]}, {percent(mistake.probability, 0)}",
            )
        )
        for mistake in mistakes
    ]
    description = (
        f"The {plural(len(mistakes), 'most confident mistake')} of {wrong:,}. Above each image: "
        "its label, then the predicted class with its probability."
    )
    columns = 6 if len(images) % 5 else 5
    return image_grid_figure("mistakes", images, captions, description, columns)


def wrap_name(name: str, letters: int, lines: int = 3) -> str:
    """Return a name on lines of at most so many letters, broken between words where it can be.

    What is longer than all lines loses words in the middle: names that start alike often differ at
    the end.

    >>> wrap_name("Pferde am Fluss", 12)
    'Pferde am\\nFluss'
    """
    parts = textwrap.wrap(name, letters) or [name]
    if len(parts) <= lines:
        return "\n".join(parts)
    return "\n".join([*parts[: lines - 2], f"{parts[lines - 2][: letters - 2]} …", parts[-1]])


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
