"""Receptive fields: how many pixels of the image each layer's output depends on."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from scallion.layers.base.tensor import Node

Pair = tuple[int, int]


class ReceptiveField(NamedTuple):
    """The receptive field of one position of a layer's output, (height, width) in pixels.

    `jump` is the distance in pixels between the fields of neighbouring positions.
    """

    layer: str
    size: Pair
    jump: Pair


def receptive_fields(nodes: Iterable[Node]) -> list[ReceptiveField]:
    """Return the receptive field of each layer whose output is an image, in graph order.

    `nodes` are a graph's, in topological order. Where branches merge, the largest field counts;
    padding is not subtracted (Araujo, Norris, Sim 2019).
    """
    known: dict[int, tuple[Pair, Pair]] = {}
    fields: list[ReceptiveField] = []
    for node in nodes:
        if len(node.output.image_shape) != 3:
            continue
        inputs = [known[id(one.node)] for one in node.inputs if id(one.node) in known]
        size = _largest([pair for pair, _ in inputs])
        jump = _largest([pair for _, pair in inputs])
        window, strides = _window(node)
        size = size[0] + (window[0] - 1) * jump[0], size[1] + (window[1] - 1) * jump[1]
        jump = jump[0] * strides[0], jump[1] * strides[1]
        known[id(node)] = size, jump
        fields.append(ReceptiveField(node.layer.name, size, jump))
    return fields


def _window(node: Node) -> tuple[Pair, Pair]:
    """Return the dilated kernel or pool size of a layer, and its strides."""
    spec = node.layer.spec
    size = getattr(spec, "kernel_size", None) or getattr(spec, "pool_size", None)
    if size is None:
        return (1, 1), (1, 1)
    strides = getattr(spec, "strides", None)
    height, width = _pair(size)
    down, across = _pair(getattr(spec, "dilation_rate", None) or (1, 1))
    steps = _pair(strides) if strides is not None else _pair(size)
    return (1 + (height - 1) * down, 1 + (width - 1) * across), steps


def _pair(value: Any) -> Pair:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _largest(pairs: list[Pair]) -> Pair:
    if not pairs:
        return 1, 1
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
