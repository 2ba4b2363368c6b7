"""Where the boxes of a network's drawing lie: rows by depth, few crossings, connections in curves.

After Sugiyama, Tagawa and Toda (1981): each call of a layer stands in the row of its longest path
from an input, a connection that passes rows gets a place in each of them, rows are ordered by the
mean place of their neighbours, and places are then pulled towards those neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from scallion.graph.graph import Graph
from scallion.layers.tensor import Node

ROW_GAP = 30.0
COLUMN_GAP = 26.0
LANE = 14.0  # how wide a connection is that passes a row
SWEEPS = 8
Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(eq=False)
class DiagramBox:
    """A box's place, or that of a connection on its way past a row. Coordinates are centres."""

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
    """Boxes with their centres, connections as points to be joined, and the size of it all."""

    boxes: tuple[DiagramBox, ...]
    paths: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(graph: Graph, sizes: Mapping[int, Size], nodes: Sequence[Node]) -> DiagramLayout:
    """Places for `nodes`; `sizes` has (width, height) by the node's id. Nothing overlaps."""
    places, chains = _places(graph, sizes, nodes)
    rows: list[list[DiagramBox]] = [[] for _ in range(1 + max(place.row for place in places))]
    for place in places:
        rows[place.row].append(place)
    _order(rows)
    _spread(rows)
    _stack(rows)
    left = min(place.x - place.width / 2 for place in places)
    for place in places:
        place.x -= left
    paths = tuple(_path(chain) for chain in chains)
    return DiagramLayout(
        tuple(place for place in places if place.node is not None),
        paths,
        max(place.x + place.width / 2 for place in places),
        max(place.y + place.height / 2 for place in places),
    )


def _places(
    graph: Graph, sizes: Mapping[int, Size], nodes: Sequence[Node]
) -> tuple[list[DiagramBox], list[list[DiagramBox]]]:
    """A place for each box and each passed row, and the chain of places of each connection."""
    shown = {id(node) for node in nodes}
    depth: dict[int, int] = {}
    for node in graph.nodes:
        before = [depth[id(t.node)] + (id(t.node) in shown) for t in node.inputs]
        depth[id(node)] = max(before, default=0)
    boxes = {id(n): DiagramBox(depth[id(n)], *sizes[id(n)], node=n) for n in nodes}
    places = list(boxes.values())
    chains: list[list[DiagramBox]] = []
    for node in nodes:
        for source in _sources(node, shown):
            chain = [boxes[id(source)]]
            for row in range(chain[0].row + 1, boxes[id(node)].row):
                passing = DiagramBox(row, LANE, 0.0)
                places.append(passing)
                chain.append(passing)
            chain.append(boxes[id(node)])
            for upper, lower in pairwise(chain):
                upper.below.append(lower)
                lower.above.append(upper)
            chains.append(chain)
    return places, chains


def _sources(node: Node, shown: set[int]) -> list[Node]:
    """The calls whose boxes a box hangs on; calls that are not shown are passed through."""
    found: list[Node] = []
    for tensor in node.inputs:
        before = tensor.node
        found += [before] if id(before) in shown else _sources(before, shown)
    return found


def _order(rows: list[list[DiagramBox]]) -> None:
    """Order each row by the mean place of its neighbours, down and up again."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else reversed(rows[:-1]):
            index = {id(place): i for line in rows for i, place in enumerate(line)}
            means: dict[int, float] = {}
            for place in row:
                near = place.above if down else place.below
                own = float(index[id(place)])
                means[id(place)] = (
                    sum(index[id(other)] for other in near) / len(near) if near else own
                )
            row.sort(key=lambda place: means[id(place)])


def _spread(rows: list[list[DiagramBox]]) -> None:
    """Pull each place towards its neighbours without leaving the order of its row."""
    for row in rows:
        x = 0.0
        for place in row:
            place.x = x + place.width / 2
            x += place.width + COLUMN_GAP
    for sweep in range(4 * SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wanted = [_wanted(place, place.above if down else place.below) for place in row]
            _settle(row, wanted)


def _wanted(place: DiagramBox, near: Sequence[DiagramBox]) -> float:
    return sum(other.x for other in near) / len(near) if near else place.x


def _settle(row: Sequence[DiagramBox], wanted: Sequence[float]) -> None:
    """As near to where they want to be as the order allows: the mean of both greedy ways."""
    right = list(wanted)
    for i in range(1, len(row)):
        right[i] = max(right[i], right[i - 1] + _distance(row[i - 1], row[i]))
    left = list(wanted)
    for i in range(len(row) - 2, -1, -1):
        left[i] = min(left[i], left[i + 1] - _distance(row[i], row[i + 1]))
    for place, a, b in zip(row, left, right, strict=True):
        place.x = (a + b) / 2


def _distance(left: DiagramBox, right: DiagramBox) -> float:
    return (left.width + right.width) / 2 + COLUMN_GAP


def _stack(rows: list[list[DiagramBox]]) -> None:
    y = 0.0
    for row in rows:
        height = max(place.height for place in row)
        for place in row:
            place.y = y + height / 2
            if place.node is None:
                place.height = height
        y += height + ROW_GAP


def _path(chain: Sequence[DiagramBox]) -> tuple[Point, ...]:
    first, last = chain[0], chain[-1]
    return (
        (first.x, first.y + first.height / 2),
        *(
            (place.x, place.y + side * place.height / 2)
            for place in chain[1:-1]
            for side in (-1, 1)
        ),
        (last.x, last.y - last.height / 2),
    )
