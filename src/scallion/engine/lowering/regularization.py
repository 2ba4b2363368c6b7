"""Lowering of dropout and noise: random numbers an image, and what they are put to.

What is drawn is a function of where it is used, so on the way back it is drawn again, not kept.
"""

from math import prod, sqrt

from scallion.activations import SELU_ALPHA, SELU_SCALE
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.data_movement import move, stretched
from scallion.engine.program import Attributes, Buffer
from scallion.engine.random import keep_threshold, stream
from scallion.layers.regularization import (
    AlphaDropoutSpec,
    DropoutSpec,
    GaussianDropoutSpec,
    GaussianNoiseSpec,
    SpatialDropout2DSpec,
)
from scallion.layers.tensor import Node

_LOWEST = -SELU_ALPHA * SELU_SCALE

_Noise = (
    DropoutSpec | SpatialDropout2DSpec | AlphaDropoutSpec | GaussianNoiseSpec | GaussianDropoutSpec
)


def _spec(node: Node) -> _Noise:
    spec = node.layer.spec
    if not isinstance(spec, _Noise):
        raise TypeError(type(spec).__name__)
    return spec


def _does(context: LoweringContext, node: Node) -> bool:
    """Whether anything is drawn at all."""
    spec = _spec(node)
    size = spec.stddev if isinstance(spec, GaussianNoiseSpec) else spec.rate
    return node.is_training(context.training) and size > 0


def forward(context: LoweringContext, node: Node) -> Buffer:
    x, spec = context.values[node.inputs[0]], _spec(node)
    if not _does(context, node):
        return x
    y = context.image("y", x.size)
    if isinstance(spec, DropoutSpec):
        _drop(context, node, spec.rate, x, y)
    elif isinstance(spec, GaussianNoiseSpec):
        noise = _normal(context, node, mean=0.0, deviation=spec.stddev)
        context.emit("add", {"a": x, "b": noise}, {"y": y}, relu=0)
    elif isinstance(spec, AlphaDropoutSpec):
        _drop_low(context, node, spec, x, y)
    else:
        context.emit("multiply", {"a": x, "b": _factors(context, node)}, {"y": y})
    return y


def backward(context: LoweringContext, node: Node) -> None:
    dy, spec, x = context.gradients[node.output], _spec(node), node.inputs[0]
    if not _does(context, node) or isinstance(spec, GaussianNoiseSpec):
        context.give(x, dy)
    elif isinstance(spec, DropoutSpec):
        rate = spec.rate
        context.pass_back(x, lambda dx: _drop(context, node, rate, dy, dx))
    elif context.needs_gradient(x):
        reads = {"a": dy, "b": _factors(context, node)}
        context.pass_back(x, lambda dx: context.emit("multiply", reads, {"y": dx}))


def _factors(context: LoweringContext, node: Node) -> Buffer:
    """What each number is multiplied with."""
    spec, shape = _spec(node), node.output.image_shape
    if isinstance(spec, GaussianDropoutSpec):
        return _normal(context, node, mean=1.0, deviation=sqrt(spec.rate / (1 - spec.rate)))
    if isinstance(spec, AlphaDropoutSpec):
        return _kept(context, node, prod(shape), spec.rate, _low_scale(spec))
    if not isinstance(spec, SpatialDropout2DSpec):
        raise TypeError(type(spec).__name__)
    channels = _kept(context, node, shape[-1], spec.rate, _grown(spec.rate))
    factors = context.image("factors", prod(shape))
    move(context, channels, factors, stretched((shape[-1],), shape))
    return factors


def _low_scale(spec: AlphaDropoutSpec) -> float:
    return ((1 - spec.rate) * (1 + spec.rate * _LOWEST**2)) ** -0.5


def _drop_low(
    context: LoweringContext, node: Node, spec: AlphaDropoutSpec, x: Buffer, y: Buffer
) -> None:
    """y = x * f + g, where f is the scale or, where x is dropped, 0."""
    scale, factors = _low_scale(spec), _factors(context, node)
    shift = -scale * _LOWEST * spec.rate
    part, rest = context.image("part", x.size), context.image("rest", x.size)
    context.emit("multiply", {"a": x, "b": factors}, {"y": part})
    context.emit(
        "rescale", {"x": factors}, {"y": rest}, scale=-_LOWEST, offset=shift + scale * _LOWEST
    )
    context.emit("add", {"a": part, "b": rest}, {"y": y}, relu=0)


def _grown(rate: float) -> float:
    return 1.0 / (1.0 - rate) if rate < 1 else 0.0


def _drop(context: LoweringContext, node: Node, rate: float, reads: Buffer, writes: Buffer) -> None:
    numbers: Attributes = {"threshold": keep_threshold(rate), "scale": _grown(rate)}
    context.emit("dropout", {"x": reads}, {"y": writes}, **drawing(context, node), **numbers)


def _kept(context: LoweringContext, node: Node, size: int, rate: float, factor: float) -> Buffer:
    """`factor`, or 0 with probability `rate`."""
    y = context.image("kept", size)
    numbers: Attributes = {"threshold": keep_threshold(rate), "scale": factor}
    context.emit("dropout_mask", {}, {"y": y}, **drawing(context, node), **numbers)
    return y


def _normal(context: LoweringContext, node: Node, *, mean: float, deviation: float) -> Buffer:
    y = context.image("normal", prod(node.output.image_shape))
    numbers: Attributes = {"mean": mean, "stddev": deviation}
    context.emit("random_normal", {}, {"y": y}, **drawing(context, node), **numbers)
    return y


def drawing(context: LoweringContext, node: Node) -> Attributes:
    """Where an operation's random numbers come from."""
    seed: int | None = getattr(node.layer.spec, "seed", None)
    own = stream(0, seed)
    return {
        "operation": context.graph.nodes.index(node),
        "has_seed": int(seed is not None),
        "seed": own - (1 << 64) if own >> 63 else own,  # the same bits as a signed number
    }
