"""The pictures of a report, each with its description in words; all are PNG files of their own."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from scallion.insight import Mistake, Reliability, normalized
from scallion.insight.prose import counted, percent
from scallion.report.curves import DPI, FAINT, INK, VALIDATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NUMBERED = 20  # classes above which a number no longer fits its cell
_TICKS = 25  # class names above which only every n-th is written
_LETTERS = 14
_WIDE = 12  # letters of a class above an image, with how sure the answer was
_ENOUGH = 10  # images behind a dot, below which no line goes to it
_GREY = "#757D86"  # captions on nothing, to be read on light and on dark


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and what it shows.

    A `photo` holds images of the data, `tiles` are colours with a meaning; both stay as they are on
    a dark screen, and their ground lets it through. A `chart` is turned dark with it.
    """

    name: str
    png: bytes
    text: str
    kind: Literal["chart", "photo", "tiles"] = "chart"


def confusion_picture(
    matrix: NDArray[np.int64], names: Sequence[str], *, shares: bool = False
) -> Picture:
    """The confusion matrix in blues: true classes down, predicted ones across.

    With `shares` each row is divided by its sum. Readable for 2 classes and for 100.
    """
    values = normalized(matrix) if shares else matrix.astype(np.float64)
    classes = len(matrix)
    side = min(max(3.4, 0.52 * classes + 1.6), 9.0)
    figure, axes = _figure(side + 0.4, side)
    top = 1.0 if shares else max(float(values.max()), 1.0)
    axes.imshow(values, cmap="Blues", vmin=0, vmax=top, interpolation="nearest")
    if classes <= _NUMBERED:
        size = 9 if classes <= 12 else 7
        for row, column in np.ndindex(classes, classes):
            value = values[row, column]
            text = f"{100 * value:.0f}" if shares else f"{int(value)}"
            colour = "white" if value > 0.55 * top else INK if value else "#B9C0C8"
            axes.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)
    _name_classes(axes, names)
    axes.set_xlabel("taken for", fontsize=10, color=INK)
    axes.set_ylabel("true class", fontsize=10, color=INK)
    right = int(matrix.trace())
    kind = "shares of each true class, in percent" if shares else "numbers of images"
    return Picture(
        "confusion-shares" if shares else "confusion",
        _png(figure),
        f"Confusion matrix of {classes} classes, {kind}: {right:,} of {int(matrix.sum()):,} images "
        "lie on the diagonal, which are right.",
    )


def reliability_picture(curve: Reliability) -> Picture:
    """How often answers are right, by how sure they are; on the diagonal where both agree."""
    figure, axes = _figure(4.2, 3.6)
    filled = curve.count > 0
    axes.plot([0, 1], [0, 1], color="#AAAAAA", linewidth=1, linestyle=(0, (4, 3)))
    sizes = 12 + 160 * curve.count[filled] / curve.count.max()
    confidence, accuracy = curve.confidence[filled], curve.accuracy[filled]
    enough = curve.count[filled] >= _ENOUGH
    axes.plot(confidence[enough], accuracy[enough], color=VALIDATION, linewidth=1.5, alpha=0.6)
    axes.scatter(confidence, accuracy, s=sizes, color=VALIDATION, zorder=3, edgecolor="white")
    axes.set_xlabel("how sure it is", fontsize=10, color=INK)
    axes.set_ylabel("how often it is right", fontsize=10, color=INK)
    _as_shares(axes)
    return Picture(
        "reliability",
        _png(figure),
        f"How often answers are right, by how sure they are. Both differ by {percent(curve.error)} "
        "on average; larger dots stand for more images.",
    )


def sheet(
    name: str, images: NDArray[Any], captions: Sequence[str], text: str, columns: int = 6
) -> Picture:
    """Images side by side, each with a caption of one or two lines."""
    columns = min(columns, max(len(images), 1))
    rows = -(-len(images) // columns)
    figure, _ = _figure(1.45 * columns, 1.85 * rows, empty=True)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel in panels:
        panel.set_axis_off()
    for panel, image, caption in zip(panels, images, captions, strict=False):
        _show(panel, image)
        panel.set_title(caption, fontsize=8.5, color=_GREY, pad=4, linespacing=1.25)
    return Picture(name, _png(figure, transparent=True), text, kind="photo")


def mistakes_picture(
    images: NDArray[Any], mistakes: Sequence[Mistake], names: Sequence[str], wrong: int
) -> Picture:
    """The mistakes that a network is surest of, of `wrong` in all, each with what it was taken for.

    `images` (n, h, w, c) are those of `mistakes`.
    """
    captions = [
        f"{_short(names[one.true], _WIDE)}\nas {_short(names[one.predicted], _WIDE)}, "
        f"{percent(one.probability, 0)}"
        for one in mistakes
    ]
    text = (
        f"The {counted(len(mistakes), 'mistake')} that the network is surest of, of {wrong:,}: "
        "above each image its label, then what it was taken for and how surely."
    )
    return sheet("mistakes", images, captions, text, columns=6 if len(images) % 5 else 5)


def filters_picture(kernels: NDArray[np.float32]) -> Picture:
    """The first convolution's filters: in colour where they see three channels."""
    count = min(len(kernels), 64)
    columns = min(16, count)
    rows = -(-count // columns)
    figure, _ = _figure(0.55 * columns, 0.55 * rows, empty=True)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel in panels:
        panel.set_axis_off()
    coloured = kernels.shape[-1] == 3
    for panel, kernel in zip(panels, kernels[:count], strict=False):
        top = float(np.abs(kernel).max()) or 1.0
        if coloured:
            panel.imshow(0.5 + kernel / (2 * top), interpolation="nearest")
        else:
            panel.imshow(kernel.mean(axis=-1), cmap="RdBu_r", vmin=-top, vmax=top)
    height, width = kernels.shape[1:3]
    how = "in the colours they look for" if coloured else "red where they add, blue where they take"
    return Picture(
        "filters",
        _png(figure, transparent=True),
        f"{len(kernels)} filters of {height}×{width} pixels, {how}.",
        kind="tiles",
    )


def maps_picture(maps: NDArray[np.float32], layer: str) -> Picture:
    """What each channel of a layer makes of an image; all share one scale, bright is much."""
    flat = maps if maps.ndim == 3 else maps.reshape(1, 1, -1)
    count = min(flat.shape[-1], 64)
    columns = min(8, count)
    rows = -(-count // columns)
    figure, _ = _figure(0.95 * columns, 0.95 * rows, empty=True)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    low, high = float(flat.min()), float(flat.max())
    for panel in panels:
        panel.set_axis_off()
    for panel, channel in zip(panels, np.moveaxis(flat, -1, 0)[:count], strict=False):
        panel.imshow(channel, cmap="gray", vmin=low, vmax=max(high, low + 1e-9))
    text = f"What {count} of the {flat.shape[-1]} channels of layer {layer} make of the image."
    return Picture(f"maps-{layer}", _png(figure), text, kind="photo")


def explained_picture(
    images: NDArray[Any], heats: Sequence[NDArray[np.float64]], captions: Sequence[str], text: str
) -> Picture:
    """Each image, and below it where it speaks for the class that it was taken for."""
    count = len(images)
    figure, _ = _figure(1.7 * count, 3.7, empty=True)
    panels = figure.subplots(2, count, squeeze=False)
    for place in range(count):
        for row in range(2):
            panels[row, place].set_axis_off()
            _show(panels[row, place], images[place])
        panels[0, place].set_title(captions[place], fontsize=8.5, color=_GREY, pad=4)
        panels[1, place].imshow(heats[place], cmap="inferno", alpha=0.55, vmin=0, vmax=1)
    return Picture("explained", _png(figure, transparent=True), text, kind="photo")


def _figure(width: float, height: float, *, empty: bool = False) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    if empty:
        return figure, None  # type: ignore[return-value]
    axes = figure.subplots()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    return figure, axes


def _show(axes: "Axes", image: NDArray[Any]) -> None:
    grey = image.shape[-1] == 1
    pixels = image[..., 0] if grey else image[..., :3]
    if grey:
        axes.imshow(pixels, cmap="gray", interpolation="nearest")
        return
    top = 1.0 if pixels.dtype == np.uint8 else max(float(pixels.max()), 1e-9)
    axes.imshow(pixels if pixels.dtype == np.uint8 else pixels / top, interpolation="nearest")


def _name_classes(axes: "Axes", names: Sequence[str]) -> None:
    step = -(-len(names) // _TICKS)
    places = list(range(0, len(names), step))
    short = [_short(names[place]) for place in places]
    size = 9 if len(places) <= 12 else 7
    axes.set_xticks(places, short, rotation=45, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(places, short, fontsize=size)


def _as_shares(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.grid(color=FAINT, linewidth=1)
    axes.set_axisbelow(True)


def _short(name: str, letters: int = _LETTERS) -> str:
    """The name with its middle left out where it is too long: what differs is often the end."""
    end = letters // 3
    return name if len(name) <= letters else f"{name[: letters - end - 1]}…{name[-end:]}"


def _png(figure: "Figure", *, transparent: bool = False) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="none" if transparent else "white")
    return out.getvalue()


__all__ = [
    "Picture",
    "confusion_picture",
    "explained_picture",
    "filters_picture",
    "maps_picture",
    "mistakes_picture",
    "reliability_picture",
    "sheet",
]
