"""A model's diagram as SVG, for browsers, notebooks and reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from scallion.graph.diagram_layout import DiagramLayout, Point, lay_out
from scallion.graph.graph import Graph
from scallion.layers.base.tensor import Node

MARGIN = 12.0
TITLE_HEIGHT = 17.0
LINE_HEIGHT = 15.0
LETTER_WIDTH = 6.9  # mean width of a letter at 12 pixels, rounded up

# Families of layers, and the colour of their boxes.
FAMILIES = {
    "input": "#6b7280",
    "weights": "#2563eb",
    "pooling": "#7c3aed",
    "normalization": "#0d9488",
    "activation": "#d97706",
    "dropout": "#db2777",
    "shape": "#9ca3af",
}


@dataclass(frozen=True, slots=True)
class DiagramStyle:
    """The items that each box shows."""

    names: bool = True
    shapes: bool = True
    activations: bool = False
    trainable: bool = False
    dtype: bool = False


@dataclass(frozen=True, slots=True)
class ModelDiagram:
    """The boxes of a diagram with their text, layer families and layout."""

    layout: DiagramLayout
    lines: dict[int, tuple[str, ...]]
    families: dict[int, str]
    title: str

    def svg(self) -> str:
        """Return the diagram as SVG, which follows the reader's light or dark mode."""
        width = self.layout.width + 2 * MARGIN
        height = self.layout.height + 2 * MARGIN
        paths = "".join(f'<path d="{_curve(path)}"/>' for path in self.layout.paths)
        boxes = "".join(self._box(index) for index in range(len(self.layout.boxes)))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="{-MARGIN:g} {-MARGIN:g} {width:.1f} {height:.1f}" role="img" '
            f'class="network"><title>{escape(self.title)}</title>{_STYLE}'
            f'<g class="wires">{paths}</g>{boxes}</svg>'
        )

    def _box(self, index: int) -> str:
        box = self.layout.boxes[index]
        lines, family = self.lines[id(box.node)], self.families[id(box.node)]
        left, top = box.x - box.width / 2, box.y - box.height / 2
        texts = [
            f'<text class="{"title" if i == 0 else "line"}" x="{box.x:.1f}" '
            f'y="{top + 17 + LINE_HEIGHT * i:.1f}">{escape(line)}</text>'
            for i, line in enumerate(lines)
        ]
        return (
            f'<g><rect class="box" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="6"/>'
            f'<rect x="{left:.1f}" y="{top:.1f}" width="4" height="{box.height:.1f}" rx="2" '
            f'fill="{FAMILIES[family]}"/>{"".join(texts)}</g>'
        )


_STYLE = (
    "<style>.network{font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    ".network text{fill:#4b5563;text-anchor:middle}.network .title{fill:#111827;font-weight:600}"
    ".network .box{fill:#fff;stroke:#d1d5db}.network .wires{fill:none;stroke:#9ca3af;"
    "stroke-width:1.5}@media (prefers-color-scheme:dark){.network text{fill:#9ca3af}"
    ".network .title{fill:#f3f4f6}.network .box{fill:#1f2937;stroke:#4b5563}"
    ".network .wires{stroke:#6b7280}}</style>"
)


def draw(graph: Graph, name: str, style: DiagramStyle | None = None) -> ModelDiagram:
    """Return the diagram of a model's calls, from the inputs at the top to the outputs."""
    shown = style or DiagramStyle()
    nodes = graph.nodes
    lines = {id(node): _lines(node, shown) for node in nodes}
    sizes = {key: _size(text) for key, text in lines.items()}
    layers = len({id(node.layer) for node in nodes})
    return ModelDiagram(
        lay_out(graph, sizes, nodes),
        lines,
        {id(node): node.layer.spec.family for node in nodes},
        f"{name}: {layers} layers, {sum(w.spec.size for w in graph.weights):,} parameters",
    )


def _lines(node: Node, style: DiagramStyle) -> tuple[str, ...]:
    layer = node.layer
    kind = layer.kind
    lines = [f"{layer.name} ({kind})" if style.names else kind]
    activation = getattr(layer.spec, "activation", None)
    if style.activations and activation is not None:
        lines.append(f"activation: {getattr(activation, '__name__', activation)}")
    if style.shapes:
        sides = " × ".join(str(side) for side in node.output.image_shape)
        lines.append(sides or "scalar")
    if style.dtype:
        lines.append(node.output.dtype)
    if style.trainable and layer.weights:
        lines.append("trainable" if layer.trainable else "frozen")
    return tuple(lines)


def _size(lines: Sequence[str]) -> tuple[float, float]:
    title = len(lines[0]) * (LETTER_WIDTH + 0.5)
    width = max(title, *(len(line) * LETTER_WIDTH for line in lines))
    return max(110.0, width + 24), TITLE_HEIGHT + LINE_HEIGHT * (len(lines) - 1) + 9


def _curve(points: Sequence[Point]) -> str:
    """Return an SVG path of curves through the points, vertical at each."""
    (x, y), *_ = points
    parts = [f"M{x:.1f} {y:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        parts.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    return "".join(parts)
