"""`plot_model` without Graphviz: a network's layers as SVG, PNG or PDF."""

import itertools
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import ArgumentError, UnknownNameError, UnsupportedError
from scallion.graph.diagram import FAMILIES, LINE_HEIGHT, MARGIN, DiagramStyle, ModelDiagram, draw
from scallion.plots.png_figure import drawn_literally

_SUFFIXES = (".png", ".svg", ".pdf")


class SvgImage:
    """An SVG that a notebook shows."""

    def __init__(self, svg: str) -> None:
        self.data = svg

    def _repr_svg_(self) -> str:
        return self.data


def plot_model(
    model: Any,
    to_file: str | Path | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **unknown: Any,
) -> SvgImage:
    """Draw the network into a `.png`, `.svg` or `.pdf` file, and return it for a notebook to show.

    Needs no Graphviz. `to_file=None` writes nothing. Raises UnknownNameError for another suffix,
    UnsupportedError for `rankdir="LR"` and `expand_nested=True`.
    """
    if unknown:
        raise ArgumentError(
            f"plot_model has no argument `{next(iter(unknown))}`", hint="leave it out"
        )
    if rankdir != "TB" or expand_nested:
        received = f"rankdir={rankdir!r}" if rankdir != "TB" else "expand_nested=True"
        raise UnsupportedError(
            "networks are drawn from top to bottom, and a nested model as one box. "
            f"Received: {received}",
            hint="leave it out; plot_model(model.get_layer('inner')) draws a nested model",
        )
    style = DiagramStyle(
        show_layer_names, show_shapes, show_layer_activations, show_trainable, show_dtype
    )
    drawing = draw(model.graph, model.name, style)
    if to_file is not None:
        path = Path(to_file)
        if path.suffix.lower() not in _SUFFIXES:
            raise UnknownNameError("file type of a diagram", path.suffix, _SUFFIXES)
        if path.suffix.lower() == ".svg":
            files.write_text(path, drawing.svg())
        else:
            _save(drawing, path, dpi)
    return SvgImage(drawing.svg())


def _save(drawing: ModelDiagram, path: Path, dpi: int) -> None:
    """Draw with Matplotlib; a pixel of the drawing is 1/96 of an inch."""
    from matplotlib.figure import Figure  # slow to import, as the next
    from matplotlib.patches import FancyBboxPatch, PathPatch, Rectangle
    from matplotlib.path import Path as Curve

    layout = drawing.layout
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    figure = Figure(figsize=(width / 96, height / 96), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-MARGIN, width - MARGIN), ylim=(height - MARGIN, -MARGIN))
    axes.axis("off")
    for points in layout.paths:
        steps = [points[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            middle = (y0 + y1) / 2
            steps += [(x0, middle), (x1, middle), (x1, y1)]
        codes = [Curve.MOVETO, *[Curve.CURVE4] * (len(steps) - 1)]
        axes.add_patch(PathPatch(Curve(steps, codes), fc="none", ec="#9ca3af", lw=1.1))
    for place in layout.boxes:
        left, top = place.x - place.width / 2, place.y - place.height / 2
        box = FancyBboxPatch(
            (left, top),
            place.width,
            place.height,
            boxstyle="round,pad=0,rounding_size=6",
            fc="white",
            ec="#d1d5db",
            lw=0.8,
        )
        axes.add_patch(box)
        colour = FAMILIES[drawing.families[id(place.node)]]
        edge = Rectangle((left, top), 4, place.height, fc=colour, ec="none", clip_on=True)
        axes.add_patch(edge)
        edge.set_clip_path(box)
        for i, line in enumerate(drawing.lines[id(place.node)]):
            axes.text(
                place.x,
                top + 13 + LINE_HEIGHT * i,
                line,
                ha="center",
                va="center",
                fontsize=8.2,
                color="#4b5563" if i else "#111827",
                fontweight="normal" if i else "bold",
            )
    with files.atomic_write(path) as out, drawn_literally(figure):
        figure.savefig(out, dpi=dpi, format=path.suffix[1:].lower())
