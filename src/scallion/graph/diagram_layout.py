"""The layout of a model's diagram: rows by depth, few crossings.

After Sugiyama, Tagawa and Toda (1981): each call is in the row of its longest path from an input. A
connection that passes rows gets a dummy box in each of them. Rows are sorted by the mean position
of their neighbours, and boxes are then pulled towards those neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from scallion.graph.graph import Graph
from scallion.layers.base.tensor import Node

ROW_GAP = 30.0
COLUMN_GAP = 26.0
LANE_WIDTH = 14.0  # of a connection that passes a row
SWEEPS = 8
Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(eq=False)
class DiagramBox:
    """A box, or a dummy box (without node) of a connection that passes a row.

    `x` and `y` are the center; `above` and `below` are the connected boxes in adjacent rows.
    """

    row: int
    width: float
    height: float
    node: Node | None = None
    x: float = 0.0
    y: float = 0.0
    above: "list[DiagramBox]" = field(default_factory=list["DiagramBox"])
    below: "list[DiagramBox]" = field(default_factory=list["DiagramBox"])


@dataclass(frozen=True, slots=True)
class DiagramLayout:
    """Boxes, connections as lists of points, and the total size, in pixels."""

    boxes: tuple[DiagramBox, ...]
    paths: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(graph: Graph, sizes: Mapping[int, Size], nodes: Sequence[Node]) -> DiagramLayout:
    """Return a layout of `nodes` without overlaps; `sizes` has (width, height) by the node's id."""
    boxes, chains = _connected_boxes(graph, sizes, nodes)
    rows: list[list[DiagramBox]] = [[] for _ in range(1 + max(box.row for box in boxes))]
    for box in boxes:
        rows[box.row].append(box)
    _sort_rows(rows)
    _place_horizontally(rows)
    _place_vertically(rows)
    left = min(box.x - box.width / 2 for box in boxes)
    for box in boxes:
        box.x -= left
    paths = tuple(_path(chain) for chain in chains)
    return DiagramLayout(
        tuple(box for box in boxes if box.node is not None),
        paths,
        max(box.x + box.width / 2 for box in boxes),
        max(box.y + box.height / 2 for box in boxes),
    )


def _connected_boxes(
    graph: Graph, sizes: Mapping[int, Size], nodes: Sequence[Node]
) -> tuple[list[DiagramBox], list[list[DiagramBox]]]:
    """Return all boxes, dummies included, and the chain of boxes of each connection."""
    shown = {id(node) for node in nodes}
    depth: dict[int, int] = {}
    for node in graph.nodes:
        before = [depth[id(t.node)] + (id(t.node) in shown) for t in node.inputs]
        depth[id(node)] = max(before, default=0)
    box_of = {id(n): DiagramBox(depth[id(n)], *sizes[id(n)], node=n) for n in nodes}
    boxes = list(box_of.values())
    chains: list[list[DiagramBox]] = []
    for node in nodes:
        for source in _sources(node, shown):
            chain = [box_of[id(source)]]
            for row in range(chain[0].row + 1, box_of[id(node)].row):
                passing = DiagramBox(row, LANE_WIDTH, 0.0)
                boxes.append(passing)
                chain.append(passing)
            chain.append(box_of[id(node)])
            for upper, lower in pairwise(chain):
                upper.below.append(lower)
                lower.above.append(upper)
            chains.append(chain)
    return boxes, chains


def _sources(node: Node, shown: set[int]) -> list[Node]:
    """Return the calls whose boxes a box is connected to, skipping calls that are not shown."""
    found: list[Node] = []
    for tensor in node.inputs:
        before = tensor.node
        found += [before] if id(before) in shown else _sources(before, shown)
    return found


def _sort_rows(rows: list[list[DiagramBox]]) -> None:
    """Sort each row by the mean index of its neighbours, alternating down and up."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else reversed(rows[:-1]):
            index = {id(box): i for line in rows for i, box in enumerate(line)}
            means: dict[int, float] = {}
            for box in row:
                near = box.above if down else box.below
                own = float(index[id(box)])
                means[id(box)] = (
                    sum(index[id(other)] for other in near) / len(near) if near else own
                )
            row.sort(key=lambda box: means[id(box)])


def _place_horizontally(rows: list[list[DiagramBox]]) -> None:
    """Pull each box towards its neighbours, keeping the order of its row."""
    for row in rows:
        x = 0.0
        for box in row:
            box.x = x + box.width / 2
            x += box.width + COLUMN_GAP
    for sweep in range(4 * SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            targets = [_target(box, box.above if down else box.below) for box in row]
            _place_near(row, targets)


def _target(box: DiagramBox, near: Sequence[DiagramBox]) -> float:
    return sum(other.x for other in near) / len(near) if near else box.x


def _place_near(row: Sequence[DiagramBox], targets: Sequence[float]) -> None:
    """Place boxes near their targets: the mean of a greedy pass from each side."""
    right = list(targets)
    for i in range(1, len(row)):
        right[i] = max(right[i], right[i - 1] + _distance(row[i - 1], row[i]))
    left = list(targets)
    for i in range(len(row) - 2, -1, -1):
        left[i] = min(left[i], left[i + 1] - _distance(row[i], row[i + 1]))
    for box, a, b in zip(row, left, right, strict=True):
        box.x = (a + b) / 2


def _distance(left: DiagramBox, right: DiagramBox) -> float:
    return (left.width + right.width) / 2 + COLUMN_GAP


def _place_vertically(rows: list[list[DiagramBox]]) -> None:
    y = 0.0
    for row in rows:
        height = max(box.height for box in row)
        for box in row:
            box.y = y + height / 2
            if box.node is None:
                box.height = height
        y += height + ROW_GAP


def _path(chain: Sequence[DiagramBox]) -> tuple[Point, ...]:
    first, last = chain[0], chain[-1]
    return (
        (first.x, first.y + first.height / 2),
        *((box.x, box.y + side * box.height / 2) for box in chain[1:-1] for side in (-1, 1)),
        (last.x, last.y - last.height / 2),
    )
