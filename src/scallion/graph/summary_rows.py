"""What a summary says, as data: a row a layer, and the totals."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from scallion.errors import ArgumentError
from scallion.graph.graph import Graph
from scallion.graph.nested_models import NestedModelSpec
from scallion.layers.layer import Layer, Variable
from scallion.layers.tensor import Node

BYTES = 4  # of a float32
ModelShape = tuple[int | None, ...]


class ModelLike(Protocol):
    """What a summary needs to know of a model."""

    name: str
    compiled: bool

    @property
    def built(self) -> bool: ...
    @property
    def layers(self) -> list[Layer]: ...
    @property
    def graph(self) -> Graph: ...
    @property
    def optimizer(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A layer as a summary shows it. Shape and parameters are None while they are not known.

    `macs` and `activation_bytes` are for one image, over all calls of the layer in this network.
    """

    name: str
    kind: str
    output_shape: ModelShape | None
    parameters: int | None
    arithmetic: str
    macs: int
    activation_bytes: int
    connected_to: tuple[str, ...]
    trainable: bool | None
    depth: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class SummaryTotals:
    """Numbers over the whole model. `optimizer` is None until the optimizer holds anything."""

    trainable: int
    non_trainable: int
    optimizer: int | None
    macs: int
    activation_bytes: int

    @property
    def parameters(self) -> int:
        """Weights of both kinds, without the optimizer's numbers."""
        return self.trainable + self.non_trainable


def summary_rows(
    model: ModelLike, *, expand_nested: bool = False, layer_range: Sequence[str] | None = None
) -> list[SummaryRow]:
    """The rows of a model's summary. Raises ArgumentError for a range that matches no layer."""
    nodes = model.graph.nodes if model.built else ()
    first, last = _bounds(model.layers, layer_range)
    return [
        row for layer in model.layers[first:last] for row in _rows(layer, nodes, expand_nested, 0)
    ]


def summary_totals(model: ModelLike) -> SummaryTotals:
    """What stands below the table."""
    everything = summary_rows(model)
    layers = model.layers
    optimizer = model.optimizer if model.compiled else None
    return SummaryTotals(
        _count(weight for layer in layers for weight in layer.trainable_weights),
        _count(weight for layer in layers for weight in layer.non_trainable_weights),
        optimizer.count_params() if optimizer is not None and optimizer.built else None,
        sum(row.macs for row in everything),
        sum(row.activation_bytes for row in everything),
    )


def _rows(
    layer: Layer, nodes: Sequence[Node], expand_nested: bool, depth: int
) -> Iterator[SummaryRow]:
    own = [node for node in nodes if node.layer is layer]
    yield SummaryRow(
        layer.name,
        layer.kind,
        own[-1].output.shape if own else None,
        layer.count_params() if layer.built else None,
        layer.arithmetic() if layer.built else "",
        sum(layer.spec.macs(*node.input_shapes) for node in own),
        sum(BYTES * prod(node.output.image_shape) for node in own),
        tuple(_place(t.node) for node in own for t in node.inputs) if depth == 0 else (),
        layer.trainable if layer.weights else None,
        depth,
        layer.spec.note(*own[-1].input_shapes) if own else "",
    )
    if expand_nested and own and isinstance(layer.spec, NestedModelSpec):
        inside = layer.spec.graph.nodes
        for inner in getattr(layer, "layers", ()):
            yield from _rows(inner, inside, expand_nested, depth + 1)


def _place(node: Node) -> str:
    """`conv2d[0][0]`: the layer, which of its calls, and which of the call's outputs."""
    return f"{node.layer.name}[{node.layer.nodes.index(node)}][0]"


def _count(weights: Iterator[Variable]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def _bounds(layers: Sequence[Layer], asked: Sequence[str] | None) -> tuple[int, int]:
    """First and behind the last: from the first layer that matches to the last one that does."""
    if asked is None:
        return 0, len(layers)
    if len(asked) != 2 or not all(isinstance(name, str) for name in asked):
        raise ArgumentError(
            f"`layer_range` is two names, or patterns of names. Received: layer_range={asked!r}",
            hint='layer_range=("conv2d", "flatten")',
        )
    found = [[i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in asked]
    if not all(found):
        raise ArgumentError(
            f"no layer matches. Received: layer_range={tuple(asked)!r}",
            hint=f"layers: {', '.join(layer.name for layer in layers)}",
        )
    low, high = found
    if min(low) > max(high):
        low, high = high, low
    return min(low), max(high) + 1
