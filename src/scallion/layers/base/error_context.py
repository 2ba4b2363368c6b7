"""Add to an error its place in the network: the layer, the summary up to it, and a hint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from scallion.errors import ScallionError, ShapeError
from scallion.layers.base import summary_table
from scallion.layers.base.spec import Shape
from scallion.layers.base.summary_table import Cell, SummaryColumn
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.base.topology import topological_order

if TYPE_CHECKING:
    from scallion.layers.base.layer import Layer

_Error = TypeVar("_Error", bound=ScallionError)

_MOST_ROWS = 40


def with_layer_context(error: _Error, layer: "Layer", inputs: tuple[Tensor, ...]) -> _Error:
    """Return the error with the layer's name, the table of all layers before it, and more hints."""
    kind = type(layer).__name__
    hints = (
        [error.hint, *_layer_to_leave_out(layer, inputs)]
        if isinstance(error, ShapeError)
        else [error.hint]
    )
    table = _layer_table(inputs, (layer.name, kind))
    return type(error)(
        f"layer {layer.name!r} ({kind}): {error.message}\n\n{table}",
        hint=", or ".join(hint for hint in hints if hint),
        layer=layer.name,
        field=error.field,
        value=error.value,
    )


def _layer_table(inputs: tuple[Tensor, ...], failed: tuple[str, str]) -> str:
    """Return the layers up to the one that failed as plain text, designed like the summary.

    `failed` is that layer's name and class. Of a deep network the first layer and the last ones
    are shown.
    """
    rows = [_row(node) for node in topological_order(inputs)]
    if len(rows) > _MOST_ROWS:
        left_out: list[Cell] = [(f"... {len(rows) - _MOST_ROWS} more ...",), ("",), ("",)]
        rows = [rows[0], left_out, *rows[1 - _MOST_ROWS :]]
    rows.append([summary_table.layer_cell(*failed), ("does not fit",), ("",)])
    columns = [
        SummaryColumn("Layer (type)"),
        SummaryColumn("Output Shape"),
        SummaryColumn("Param #", "right"),
    ]
    table = summary_table.make_table(columns, rows, None, has_lines=False)
    return summary_table.as_plain_text([table], width=10_000).rstrip("\n")


def _row(node: Node) -> Sequence[Cell]:
    return [
        summary_table.layer_cell(node.layer.name, node.layer.kind),
        summary_table.shape_cell(node.output.shape),
        (f"{node.layer.spec.parameters(*node.input_shapes):,}",),
    ]


def _layer_to_leave_out(layer: "Layer", inputs: tuple[Tensor, ...]) -> list[str]:
    """Return a hint on the nearest layer without weights that the network would fit without."""
    if len(inputs) != 1:
        return []
    nodes = topological_order(inputs)
    for node in reversed(nodes):
        spec, shapes = node.layer.spec, node.input_shapes
        has_no_weights = len(shapes) == 1 and not spec.weights(*shapes)
        changes_shape = has_no_weights and node.output.image_shape != shapes[0]
        if changes_shape and _fits_without(node, nodes, layer, inputs[0]):
            return [f"leave out {node.layer.name!r}"]
    return []


def _fits_without(left_out: Node, nodes: list[Node], layer: "Layer", end: Tensor) -> bool:
    shapes: dict[int, Shape] = {}
    try:
        for node in nodes:
            inputs = [shapes[id(tensor)] for tensor in node.inputs]
            shapes[id(node.output)] = (
                inputs[0] if node is left_out else node.layer.spec.output_shape(*inputs)
            )
        layer.spec.output_shape(shapes[id(end)])
    except ScallionError:
        return False
    return True
