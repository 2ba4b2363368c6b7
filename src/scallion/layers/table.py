"""The table of layers as plain text: what a shape error shows, in the design of the summary."""

from collections.abc import Sequence
from typing import NamedTuple

from scallion.layers.tensor import Node, Tensor


class Row(NamedTuple):
    """One layer, as it is shown."""

    layer: str
    output_shape: str
    parameters: str


_HEADER = Row("Layer (type)", "Output Shape", "Param #")


def ordered(outputs: tuple[Tensor, ...]) -> list[Node]:
    """All nodes that the tensors stand on, inputs first, each once, in the order of calls."""
    seen: dict[int, Node] = {}
    done: list[Node] = []
    stack: list[tuple[Node, bool]] = [(tensor.node, False) for tensor in reversed(outputs)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            done.append(node)
        elif id(node) not in seen:
            seen[id(node)] = node
            stack.append((node, True))
            stack.extend((tensor.node, False) for tensor in reversed(node.inputs))
    return done


def plain(rows: Sequence[Row]) -> str:
    """The rows in a box, as wide as they need.

    >>> print(plain([Row("flatten (Flatten)", "(None, 3072)", "0")]))
    ┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓
    ┃ Layer (type)      ┃ Output Shape ┃ Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩
    │ flatten (Flatten) │ (None, 3072) │       0 │
    └───────────────────┴──────────────┴─────────┘
    """
    widths = [max(map(len, column)) for column in zip(_HEADER, *rows, strict=True)]
    heavy, light = (["".join(char * (width + 2)) for width in widths] for char in "━─")
    lines = [
        f"┏{'┳'.join(heavy)}┓",
        _line(_HEADER, widths, "┃"),
        f"┡{'╇'.join(heavy)}┩",
        *(_line(row, widths, "│") for row in rows),
        f"└{'┴'.join(light)}┘",
    ]
    return "\n".join(lines)


def _line(row: Row, widths: list[int], wall: str) -> str:
    cells = (row.layer.ljust(widths[0]), row.output_shape.ljust(widths[1]), row.parameters)
    inner = f" {wall} ".join((*cells[:2], cells[2].rjust(widths[2])))
    return f"{wall} {inner} {wall}"
