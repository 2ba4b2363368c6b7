"""A network inside a network: one layer to the eye, its own layers to the engine."""

from dataclasses import dataclass
from functools import cached_property

from scallion.errors import ShapeError, UnsupportedError
from scallion.graph.graph import Graph
from scallion.layers.layer import Variable
from scallion.layers.spec import Shape, Spec
from scallion.layers.tensor import Node, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class NestedModelSpec(Spec):
    """What a model computes as a layer of another one. Its weights are its layers'."""

    graph: Graph

    def output_shape(self, *shapes: Shape) -> Shape:
        wanted = tuple(tensor.image_shape for tensor in self.graph.inputs)
        if shapes != wanted:
            raise ShapeError(
                f"an inner model takes {_listed(wanted)}. Received: {_listed(shapes)}",
                hint="make the model for this shape, or bring its input to the other one",
            )
        if len(self.graph.outputs) != 1:
            raise UnsupportedError(
                f"an inner model has one output. Received: {len(self.graph.outputs)}",
                hint="call its layers on the tensors, or make one model for each output",
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
    """A graph without inner models. Weights keep the order that they have in `outer`."""

    outer: Graph

    @cached_property
    def weights(self) -> list[Variable]:  # type: ignore[override]
        return self.outer.weights

    @property
    def trainable_weights(self) -> list[Variable]:
        return self.outer.trainable_weights


def flatten_nested(graph: Graph) -> Graph:
    """The graph with each call of an inner model replaced by calls of its layers.

    Itself where there is none. The calls that are made here are the engine's alone: the layers'
    own `nodes` do not know them.
    """
    if not any(isinstance(node.layer.spec, NestedModelSpec) for node in graph.nodes):
        return graph
    there = {id(tensor): tensor for tensor in graph.inputs}
    _unfold(graph, there)
    outputs = tuple(there[id(tensor)] for tensor in graph.outputs)
    return FlattenedGraph(graph.inputs, outputs, graph)


def _unfold(graph: Graph, there: dict[int, Tensor], training: bool | None = None) -> None:
    """Make the graph's calls on the tensors that stand in `there` for its own.

    What the call of an inner model said of training holds for all calls in it.
    """
    for node in graph.nodes:
        if not node.inputs:
            continue
        inputs = tuple(there[id(tensor)] for tensor in node.inputs)
        spec = node.layer.spec
        says = node.training if training is None else training
        if isinstance(spec, NestedModelSpec):
            starts = zip(spec.graph.inputs, inputs, strict=True)
            inner = {id(start): tensor for start, tensor in starts}
            _unfold(spec.graph, inner, says)
            there[id(node.output)] = inner[id(spec.graph.outputs[0])]
        else:
            there[id(node.output)] = Node(node.layer, inputs, says).output
