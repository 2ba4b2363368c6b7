"""Models used as layers of other models: one layer to users, its own layers to the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from scallion.errors import ShapeError, UnsupportedError
from scallion.graph.graph import Graph
from scallion.layers.base.layer import Variable
from scallion.layers.base.spec import Family, Shape, Spec
from scallion.layers.base.tensor import Node, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class NestedModelSpec(Spec):
    """A model as a layer of another model. Its weights belong to its layers."""

    family: ClassVar[Family] = "weights"

    graph: Graph

    def output_shape(self, *shapes: Shape) -> Shape:
        expected = tuple(tensor.image_shape for tensor in self.graph.inputs)
        if shapes != expected:
            raise ShapeError(
                f"the inner model takes {_listed(expected)}. Received: {_listed(shapes)}",
                hint="make the model for this shape, or resize its input",
                field="inputs",
                value=shapes,
            )
        if len(self.graph.outputs) != 1:
            raise UnsupportedError(
                f"an inner model must have one output. Received: {len(self.graph.outputs)}",
                hint="call its layers on the tensors, or make one model for each output",
                field="outputs",
                value=len(self.graph.outputs),
            )
        return self.graph.outputs[0].image_shape

    def parameters(self, *shapes: Shape) -> int:
        return sum(weight.spec.size for weight in self.graph.weights)

    def macs(self, *shapes: Shape) -> int:
        return sum(node.layer.spec.macs(*node.input_shapes) for node in self.graph.nodes)

    def arithmetic(self, *shapes: Shape) -> str:
        parts = [layer.count_params() for layer in self.graph.layers if layer.weights]
        total = str(sum(parts))
        terms = " + ".join(map(str, parts)) or "0"
        return total if terms == total else f"{terms} = {total}"


def _listed(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(str((None, *shape)) for shape in shapes)


@dataclass(frozen=True, eq=False)
class FlattenedGraph(Graph):
    """A graph without inner models. Weights keep their order in `outer`."""

    outer: Graph

    @cached_property
    def weights(self) -> list[Variable]:  # type: ignore[override]
        """All weights, in the order of the outer graph."""
        return self.outer.weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """All trainable weights, in the order of the outer graph."""
        return self.outer.trainable_weights


def flatten_nested(graph: Graph) -> Graph:
    """Return the graph with each call of an inner model replaced by calls of its layers.

    Returns the graph itself if it has none. The new calls are not recorded in the layers' `nodes`.
    """
    if not any(isinstance(node.layer.spec, NestedModelSpec) for node in graph.nodes):
        return graph
    tensors = {id(tensor): tensor for tensor in graph.inputs}
    _inline(graph, tensors)
    outputs = tuple(tensors[id(tensor)] for tensor in graph.outputs)
    return FlattenedGraph(graph.inputs, outputs, graph)


def call_inner_layers(
    graph: Graph, inputs: Sequence[Tensor], training: bool | None = None
) -> list[Tensor]:
    """Call the layers of a graph on other tensors, and return what replaces its outputs.

    A model or layer with several outputs is used in another one in this way.
    """
    tensors = {id(start): tensor for start, tensor in zip(graph.inputs, inputs, strict=True)}
    for node in graph.nodes:
        if node.inputs:
            given = tuple(tensors[id(tensor)] for tensor in node.inputs)
            flag = node.training if training is None else training
            tensors[id(node.output)] = node.layer._connect(given, flag)
    return [tensors[id(tensor)] for tensor in graph.outputs]


def _inline(graph: Graph, tensors: dict[int, Tensor], training: bool | None = None) -> None:
    """Repeat the graph's calls on the tensors that replace its own, and add their outputs.

    `tensors` maps ids of the graph's tensors to replacements. The `training` of an inner model's
    call applies to all calls in it.
    """
    for node in graph.nodes:
        if not node.inputs:
            continue
        inputs = tuple(tensors[id(tensor)] for tensor in node.inputs)
        spec = node.layer.spec
        flag = node.training if training is None else training
        if isinstance(spec, NestedModelSpec):
            starts = zip(spec.graph.inputs, inputs, strict=True)
            inner = {id(start): tensor for start, tensor in starts}
            _inline(spec.graph, inner, flag)
            tensors[id(node.output)] = inner[id(spec.graph.outputs[0])]
        else:
            tensors[id(node.output)] = Node(node.layer, inputs, flag).output
