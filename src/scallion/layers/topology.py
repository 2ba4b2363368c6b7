"""The order of a network's calls, and the table of them that a shape error shows."""

from collections.abc import Sequence

from scallion.layers import summary_table
from scallion.layers.summary_table import Cell, TableColumn
from scallion.layers.tensor import Node, Tensor

_LONGEST = 40


def topological_order(outputs: tuple[Tensor, ...]) -> list[Node]:
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


def layer_table(inputs: tuple[Tensor, ...], failed: tuple[str, str]) -> str:
    """The layers up to the one that failed, a row each, as plain text in the summary's design.

    Of a deep network the first layer and the last ones are shown.
    """
    nodes = topological_order(inputs)
    cells = [_cells(node) for node in nodes]
    if len(cells) > _LONGEST:
        left_out: list[Cell] = [(f"... {len(cells) - _LONGEST} more ...",), ("",), ("",)]
        cells = [cells[0], left_out, *cells[1 - _LONGEST :]]
    cells.append([summary_table.layer_cell(*failed), ("does not fit",), ("",)])
    columns = [
        TableColumn("Layer (type)"),
        TableColumn("Output Shape"),
        TableColumn("Param #", "right"),
    ]
    drawn = summary_table.table(columns, cells, None, has_lines=False)
    return summary_table.plain([drawn], width=10_000).rstrip("\n")


def _cells(node: Node) -> Sequence[Cell]:
    return [
        summary_table.layer_cell(node.layer.name, node.layer.kind),
        summary_table.shape_cell(node.output.shape),
        (f"{node.layer.spec.parameters(*node.input_shapes):,}",),
    ]
