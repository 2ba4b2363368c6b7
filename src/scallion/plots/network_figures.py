"""Filters, activation maps and Grad-CAM heat maps of a network."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.plots.image_grid import empty_panels, show_image
from scallion.plots.png_figure import PngFigure, render
from scallion.plots.style import CAPTION

_MOST_PANELS = 64
_VARIES = 0.02  # of the range of all channels: what a channel must span to have its own scale
_OPAQUE = 0.75  # of the heat map where it is hottest


def filter_figure(kernels: NDArray[np.float32]) -> PngFigure:
    """Draw the filters (N, H, W, C) of the first convolution, in colour if C is 3."""
    count = min(len(kernels), _MOST_PANELS)
    columns = min(16, count)
    figure, panels = empty_panels(-(-count // columns), columns, 0.8, 0.8)
    coloured = kernels.shape[-1] == 3
    for panel, kernel in zip(panels, kernels[:count], strict=False):
        top = float(np.abs(kernel).max()) or 1.0
        if coloured:
            panel.imshow(0.5 + kernel / (2 * top), interpolation="nearest")
        else:
            panel.imshow(kernel.mean(axis=-1), cmap="RdBu_r", vmin=-top, vmax=top)
    height, width = kernels.shape[1:3]
    key = (
        "in the colours that they respond to"
        if coloured
        else "positive weights red, negative ones blue"
    )
    return render(
        figure,
        "filters",
        f"{len(kernels)} filters of {height}×{width} pixels, {key}.",
        "tiles",
        transparent=True,
    )


def activation_figure(maps: NDArray[np.float32], layer: str) -> PngFigure:
    """Draw the activations (H, W, C) or (C,) of a layer, a panel per channel.

    Maps are drawn each on its own scale, because a few strong channels would leave the others
    black; what lies beyond the outer hundredths is clipped. Values (C,) share one scale.
    """
    channels = maps if maps.ndim == 3 else maps.reshape(1, 1, -1)
    count = min(channels.shape[-1], _MOST_PANELS)
    columns = min(8, count)
    figure, panels = empty_panels(-(-count // columns), columns, 1.4, 1.4)
    for panel, channel in zip(panels, np.moveaxis(channels, -1, 0)[:count], strict=False):
        low, high = _brightness_range(channel, channels)
        panel.imshow(channel, cmap="gray", vmin=low, vmax=high)
    scale = "each on its own scale" if channels.shape[:2] != (1, 1) else "on one scale"
    description = (
        f"Activations of layer {layer} for the image: {count} of {channels.shape[-1]} channels, "
        f"{scale}."
    )
    return render(figure, f"maps-{layer}", description, "photo")


def _brightness_range(
    channel: NDArray[np.float32], channels: NDArray[np.float32]
) -> tuple[float, float]:
    """Return the values that are drawn black and white.

    A channel that hardly varies beside the others keeps their range: its noise is no pattern.
    """
    low, high = (float(value) for value in np.percentile(channel, [1, 99]))
    least, most = float(channels.min()), float(channels.max())
    if high - low > _VARIES * (most - least):
        return low, high
    return least, max(most, least + 1e-9)


def explanation_figure(
    images: NDArray[Any],
    heat_maps: Sequence[NDArray[np.float64]],
    captions: Sequence[str],
    description: str,
) -> PngFigure:
    """Draw each image (H, W, C) and, below it, the image under its heat map.

    A single image is drawn larger, beside its heat map. Where there is no heat, the image shows.
    """
    count = len(images)
    rows, columns, width = (1, 2, 3.4) if count == 1 else (2, count, 1.7)
    figure, panels = empty_panels(rows, columns, width, width + 0.15)
    for place in range(count):
        top, bottom = panels[place], panels[count + place]
        show_image(top, images[place])
        top.set_title(captions[place], fontsize=8.5, color=CAPTION, pad=4)
        show_image(bottom, images[place])
        heat = np.clip(heat_maps[place], 0, 1)
        bottom.imshow(heat, cmap="inferno", alpha=_OPAQUE * heat, vmin=0, vmax=1)
    return render(figure, "explained", description, "photo", transparent=True)
