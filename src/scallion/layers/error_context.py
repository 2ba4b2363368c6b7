"""Where in the network an error happened: the layer's name, the table up to it, and what helps."""

from typing import TYPE_CHECKING, TypeVar

from scallion.errors import ScallionError, ShapeError
from scallion.layers.spec import Shape
from scallion.layers.tensor import Node, Tensor
from scallion.layers.topology import layer_table, topological_order

if TYPE_CHECKING:
    from scallion.layers.layer import Layer

_Error = TypeVar("_Error", bound=ScallionError)


def with_layer_context(error: _Error, layer: "Layer", inputs: tuple[Tensor, ...]) -> _Error:
    """The same error with the layer's name, the table of all layers before it, and more hints."""
    kind = type(layer).__name__
    hints = (
        [error.hint, *_without_one(layer, inputs)]
        if isinstance(error, ShapeError)
        else [error.hint]
    )
    return type(error)(
        f"layer {layer.name!r} ({kind}): {error.message}\n\n{layer_table(inputs, (layer.name, kind))}",
        hint=", or ".join(hint for hint in hints if hint),
    )


def _without_one(layer: "Layer", inputs: tuple[Tensor, ...]) -> list[str]:
    """The nearest layer without weights of its own whose leaving out makes this one fit."""
    if len(inputs) != 1:
        return []
    nodes = topological_order(inputs)
    for node in reversed(nodes):
        spec, shapes = node.layer.spec, node.input_shapes
        is_plain = len(shapes) == 1 and not spec.weights(*shapes)
        changes = is_plain and node.output.image_shape != shapes[0]
        if changes and _fits_without(node, nodes, layer, inputs[0]):
            return [f"leave out {node.layer.name!r}"]
    return []


def _fits_without(left_out: Node, nodes: list[Node], layer: "Layer", end: Tensor) -> bool:
    shapes: dict[int, Shape] = {}
    try:
        for node in nodes:
            given = [shapes[id(tensor)] for tensor in node.inputs]
            shapes[id(node.output)] = (
                given[0] if node is left_out else node.layer.spec.output_shape(*given)
            )
        layer.spec.output_shape(shapes[id(end)])
    except ScallionError:
        return False
    return True
