"""The graph of layer calls between given inputs and outputs, in topological order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, cast

from scallion.errors import ArgumentError
from scallion.layers.base.layer import Layer, Variable
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.base.topology import topological_order


class KeyedTensors(tuple[Tensor, ...]):
    """The tensors of a dict, in the order of its sorted keys, as in Keras."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> "KeyedTensors":
        """Return the values of a dict."""
        names = tuple(sorted(tensors))
        keyed = cls(tensors[name] for name in names)
        keyed.names = names
        return keyed

    def as_dict(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return one value per tensor under its key."""
        return dict(zip(self.names, values, strict=True))


def names_of(tensors: Sequence[Tensor]) -> list[str]:
    """Return the keys of tensors that were given as a dict, else the names of their layers."""
    if isinstance(tensors, KeyedTensors):
        return list(tensors.names)
    return [tensor.name for tensor in tensors]


def like_given(tensors: Sequence[Tensor], values: Sequence[Any]) -> Any:
    """Return one value per tensor: a dict where they were one, one value for one, else a list."""
    if isinstance(tensors, KeyedTensors):
        return tensors.as_dict(values)
    return values[0] if len(values) == 1 else list(values)


def as_list(outputs: Any) -> list[Any]:
    """Return the outputs of a model, one value, a list or a dict, as a list in their order."""
    if isinstance(outputs, Mapping):
        return list(cast("Mapping[str, Any]", outputs).values())
    return list(cast("list[Any]", outputs)) if isinstance(outputs, list) else [outputs]


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs, outputs, and the calls between them, each after those it depends on.

    Raises ArgumentError if there is no input or output, or if an input is missing.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __post_init__(self) -> None:
        if not self.inputs or not self.outputs:
            raise ArgumentError(
                "a model needs at least one input and one output", hint="Model(inputs, outputs)"
            )
        for tensor in (*self.inputs, *self.outputs):
            if not isinstance(tensor, Tensor):
                raise ArgumentError(
                    "inputs and outputs must be tensors returned by Input or layers. "
                    f"Received: {type(tensor).__name__}",
                    hint="x = Input((32, 32, 3)); Model(x, Dense(10)(Flatten()(x)))",
                    value=tensor,
                )
        inputs = {id(tensor) for tensor in self.inputs}
        for node in self.nodes:
            if not node.inputs and id(node.output) not in inputs:
                raise ArgumentError(
                    f"the outputs need the input {node.layer.name!r}, "
                    "which is not among the inputs",
                    hint="Model([every_input, ...], outputs)",
                    layer=node.layer.name,
                    field="inputs",
                )

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All calls, those of the inputs first."""
        return tuple(topological_order((*self.inputs, *self.outputs)))

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, each once, in Keras' order: by decreasing distance from the outputs."""
        return _by_depth(self.inputs, topological_order(self.outputs), self.outputs)

    def check_names(self) -> None:
        """Raise ArgumentError if two layers have the same name."""
        names: set[str] = set()
        for layer in self.layers:
            if layer.name in names:
                raise ArgumentError(
                    f"two layers have the name {layer.name!r}",
                    hint="give each layer a name of its own",
                    layer=layer.name,
                    field="name",
                )
            names.add(layer.name)

    @cached_property
    def is_chain(self) -> bool:
        """True if each call takes only the output of the previous one, each by its own layer."""
        nodes = self.nodes
        follows = all(
            len(node.inputs) == 1 and node.inputs[0].node is before
            for before, node in pairwise(nodes)
        )
        return follows and len({id(node.layer) for node in nodes}) == len(nodes)

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer."""
        return list(dict.fromkeys(weight for layer in self.layers for weight in layer.weights))

    @property
    def trainable_weights(self) -> list[Variable]:
        """All trainable weights, layer by layer."""
        return list(dict.fromkeys(w for layer in self.layers for w in layer.trainable_weights))


def _by_depth(
    inputs: tuple[Tensor, ...], nodes: list[Node], outputs: tuple[Tensor, ...]
) -> tuple[Layer, ...]:
    """Return the layers by decreasing depth, ties in the order of Keras' depth-first search.

    `get_weights`, the summary and the names in a weights file use this order.
    """
    depths: dict[int, int] = {}
    layer_depths: dict[int, int] = {}
    for node in reversed(nodes):
        depth = max(depths.get(id(node), 0), layer_depths.get(id(node.layer), 0))
        layer_depths[id(node.layer)] = depths[id(node)] = depth
        for tensor in node.inputs:
            depths[id(tensor.node)] = max(depth + 1, depths.get(id(tensor.node), 0))
    found = {id(layer): layer for layer in _in_search_order(outputs)}
    unused = [t.node.layer for t in inputs if id(t.node.layer) not in found]
    layers = [*unused, *found.values()]
    return tuple(sorted(layers, key=lambda layer: -layer_depths.get(id(layer), 0)))


def _in_search_order(outputs: tuple[Tensor, ...]) -> list[Layer]:
    """Return the layer of each call in the order of a depth-first search from the outputs."""
    seen: set[int] = set()
    order: list[Layer] = []
    stack = [tensor.node for tensor in reversed(outputs)]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            order.append(node.layer)
            stack.extend(tensor.node for tensor in reversed(node.inputs))
    return order


def as_tensors(tensors: Tensor | list[Tensor] | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return one tensor or several as a tuple."""
    return tuple(tensors) if isinstance(tensors, list | tuple) else (tensors,)
