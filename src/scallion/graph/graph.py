"""A graph: what lies between given inputs and outputs, in an order that can be run."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from scallion.errors import ArgumentError
from scallion.layers.layer import Layer, Variable
from scallion.layers.tensor import Node, Tensor
from scallion.layers.topology import topological_order


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs, outputs, and the nodes between them, each after those that it stands on."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __post_init__(self) -> None:
        if not self.inputs or not self.outputs:
            raise ArgumentError(
                "a network needs at least one input and one output", hint="Model(inputs, outputs)"
            )
        for tensor in (*self.inputs, *self.outputs):
            if not isinstance(tensor, Tensor):
                raise ArgumentError(
                    "inputs and outputs are what Input and layers return. "
                    f"Received: {type(tensor).__name__}",
                    hint="x = Input((32, 32, 3)); Model(x, Dense(10)(Flatten()(x)))",
                )
        entries = {id(tensor) for tensor in self.inputs}
        for node in self.nodes:
            if not node.inputs and id(node.output) not in entries:
                raise ArgumentError(
                    f"the outputs need the input {node.layer.name!r}, "
                    "which is not among the inputs",
                    hint="Model([every_input, ...], outputs)",
                )

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, the inputs' first."""
        return tuple(topological_order((*self.inputs, *self.outputs)))

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, each once, in Keras' order."""
        return _by_depth(self.inputs, topological_order(self.outputs), self.outputs)

    def check_names(self) -> None:
        """Raises ArgumentError where two layers share a name."""
        names: set[str] = set()
        for layer in self.layers:
            if layer.name in names:
                raise ArgumentError(
                    f"two layers are called {layer.name!r}", hint="give each layer its own name"
                )
            names.add(layer.name)

    @cached_property
    def is_chain(self) -> bool:
        """Whether each call stands on the one before it alone, and no layer is called twice."""
        nodes = self.nodes
        follows = all(
            len(node.inputs) == 1 and node.inputs[0].node is before
            for before, node in pairwise(nodes)
        )
        return follows and len({id(node.layer) for node in nodes}) == len(nodes)

    @property
    def weights(self) -> list[Variable]:
        """All arrays, layer by layer."""
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        return [weight for layer in self.layers for weight in layer.trainable_weights]


def _by_depth(
    inputs: tuple[Tensor, ...], nodes: list[Node], outputs: tuple[Tensor, ...]
) -> tuple[Layer, ...]:
    """The layers farthest from the outputs first; equally far, in the order of Keras' search.

    `get_weights`, the summary and the names in a weights file follow this order.
    """
    depths: dict[int, int] = {}
    layer_depths: dict[int, int] = {}
    for node in reversed(nodes):
        depth = max(depths.get(id(node), 0), layer_depths.get(id(node.layer), 0))
        layer_depths[id(node.layer)] = depths[id(node)] = depth
        for tensor in node.inputs:
            depths[id(tensor.node)] = max(depth + 1, depths.get(id(tensor.node), 0))
    found = {id(layer): layer for layer in _as_searched(outputs)}
    unused = [t.node.layer for t in inputs if id(t.node.layer) not in found]
    layers = [*unused, *found.values()]
    return tuple(sorted(layers, key=lambda layer: -layer_depths.get(id(layer), 0)))


def _as_searched(outputs: tuple[Tensor, ...]) -> list[Layer]:
    """Layers as a search from the outputs meets them, depth first; one twice where met twice."""
    seen: set[int] = set()
    met: list[Layer] = []
    stack = [tensor.node for tensor in reversed(outputs)]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            met.append(node.layer)
            stack.extend(tensor.node for tensor in reversed(node.inputs))
    return met


def as_tensors(tensors: Tensor | list[Tensor] | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """One tensor or several, as a tuple."""
    return tuple(tensors) if isinstance(tensors, list | tuple) else (tensors,)
