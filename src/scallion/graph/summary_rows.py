"""The content of a summary as data: one row per layer, and the totals."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from scallion.errors import ArgumentError
from scallion.graph.graph import Graph
from scallion.graph.nested_models import NestedModelSpec
from scallion.layers.base.layer import Layer, Variable
from scallion.layers.base.tensor import Node
from scallion.layers.operators.constant import Constant

FLOAT_BYTES = 4  # of a float32
ModelShape = tuple[int | None, ...]


class ModelLike(Protocol):
    """The attributes of a model that a summary uses."""

    name: str
    compiled: bool

    @property
    def built(self) -> bool:
        """True if the model knows its input shape."""
        ...

    @property
    def layers(self) -> list[Layer]:
        """The layers in the order of the summary."""
        ...

    @property
    def graph(self) -> Graph:
        """The graph of a built model."""
        ...

    @property
    def optimizer(self) -> Any:
        """The optimizer of a compiled model."""
        ...


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One layer in a summary. Shape and parameters are None until they are known.

    `macs` (multiply-adds) and `activation_bytes` are for one image, over all calls of the layer in
    this model.
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
    """Totals of a model. `optimizer` is the size of its state, None until that exists."""

    trainable: int
    non_trainable: int
    optimizer: int | None
    macs: int
    activation_bytes: int

    @property
    def parameters(self) -> int:
        """Trainable and non-trainable parameters, without the state of the optimizer."""
        return self.trainable + self.non_trainable


def summary_rows(
    model: ModelLike, *, expand_nested: bool = False, layer_range: Sequence[str] | None = None
) -> list[SummaryRow]:
    """Return the rows of a model's summary.

    `layer_range` is two names or patterns: the first and last layer shown. Raises ArgumentError if
    one matches no layer.
    """
    nodes = model.graph.nodes if model.built else ()
    layers = _listed(model)
    first, last = _bounds(layers, layer_range)
    return [row for layer in layers[first:last] for row in _rows(layer, nodes, expand_nested, 0)]


def summary_totals(model: ModelLike) -> SummaryTotals:
    """Return the totals shown below the table."""
    all_rows = summary_rows(model)
    layers = _listed(model)
    optimizer = model.optimizer if model.compiled else None
    return SummaryTotals(
        _count(weight for layer in layers for weight in layer.trainable_weights),
        _count(weight for layer in layers for weight in layer.non_trainable_weights),
        optimizer.count_params() if optimizer is not None and optimizer.built else None,
        sum(row.macs for row in all_rows),
        sum(row.activation_bytes for row in all_rows),
    )


def _listed(model: ModelLike) -> list[Layer]:
    """Return the layers of a summary: also operations, without their constants."""
    listed = model.layers
    is_chain = getattr(model, "is_sequential", False) or getattr(model, "has_custom_call", False)
    if model.built and not is_chain:
        listed = model.graph.layers
    return [layer for layer in listed if not isinstance(layer, Constant)]


def _rows(
    layer: Layer, nodes: Sequence[Node], expand_nested: bool, depth: int
) -> Iterator[SummaryRow]:
    calls = [node for node in nodes if node.layer is layer]
    sources = [
        t.node for node in calls for t in node.inputs if not isinstance(t.node.layer, Constant)
    ]
    yield SummaryRow(
        layer.name,
        layer.kind,
        calls[-1].output.shape if calls else None,
        layer.count_params() if layer.built else None,
        layer.arithmetic() if layer.built else "",
        sum(layer.spec.macs(*node.input_shapes) for node in calls),
        sum(FLOAT_BYTES * prod(node.output.image_shape) for node in calls),
        tuple(_call_name(one) for one in sources) if depth == 0 else (),
        layer.trainable if layer.weights else None,
        depth,
        layer.spec.note(*calls[-1].input_shapes) if calls else "",
    )
    if expand_nested and calls and isinstance(layer.spec, NestedModelSpec):
        inside = layer.spec.graph.nodes
        for inner in getattr(layer, "layers", ()):
            yield from _rows(inner, inside, expand_nested, depth + 1)


def _call_name(node: Node) -> str:
    """Return `conv2d[0][0]`: the layer, the index of the call, and that of its output."""
    return f"{node.layer.name}[{node.layer.nodes.index(node)}][0]"


def _count(weights: Iterator[Variable]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def _bounds(layers: Sequence[Layer], layer_range: Sequence[str] | None) -> tuple[int, int]:
    """Return start and end of the layers from the first to the last match of `layer_range`."""
    if layer_range is None:
        return 0, len(layers)
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ArgumentError(
            "`layer_range` must be two names, or patterns of names. "
            f"Received: layer_range={layer_range!r}",
            hint='layer_range=("conv2d", "flatten")',
            field="layer_range",
            value=layer_range,
        )
    found = [
        [i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range
    ]
    if not all(found):
        raise ArgumentError(
            f"no layer matches. Received: layer_range={tuple(layer_range)!r}",
            hint=f"layers: {', '.join(layer.name for layer in layers)}",
            field="layer_range",
            value=layer_range,
        )
    low, high = found
    if min(low) > max(high):
        low, high = high, low
    return min(low), max(high) + 1
