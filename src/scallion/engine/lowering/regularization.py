"""Dropout and noise layers.

Random numbers are a function of where they are used, so the backward pass draws them again instead
of saving them.
"""

from math import prod, sqrt

from scallion.activations import SELU_ALPHA, SELU_SCALE
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import broadcast, emit_copy
from scallion.engine.programs.program import Attributes, Buffer
from scallion.engine.random import keep_threshold, stream
from scallion.layers.base.tensor import Node
from scallion.layers.regularization import (
    AlphaDropoutSpec,
    DropoutSpec,
    GaussianDropoutSpec,
    GaussianNoiseSpec,
    SpatialDropout2DSpec,
)

_SELU_LIMIT = -SELU_ALPHA * SELU_SCALE

_NoiseSpec = (
    DropoutSpec | SpatialDropout2DSpec | AlphaDropoutSpec | GaussianNoiseSpec | GaussianDropoutSpec
)


def _spec(node: Node) -> _NoiseSpec:
    spec = node.layer.spec
    if not isinstance(spec, _NoiseSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _is_active(context: LoweringContext, node: Node) -> bool:
    """Return whether the layer draws random numbers at all."""
    spec = _spec(node)
    strength = spec.stddev if isinstance(spec, GaussianNoiseSpec) else spec.rate
    return node.is_training(context.training) and strength > 0


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a dropout or noise layer; nothing is emitted in inference."""
    x, spec = context.values[node.inputs[0]], _spec(node)
    if not _is_active(context, node):
        return x
    y = context.image("y", x.size)
    if isinstance(spec, DropoutSpec) and spec.noise_shape is None:
        _emit_dropout(context, node, spec.rate, x, y)
    elif isinstance(spec, GaussianNoiseSpec):
        noise = _normal(context, node, mean=0.0, deviation=spec.stddev)
        context.emit("add", {"a": x, "b": noise}, {"y": y}, relu=0)
    elif isinstance(spec, AlphaDropoutSpec):
        _emit_alpha_dropout(context, node, spec, x, y)
    else:
        context.emit("multiply", {"a": x, "b": _factors(context, node)}, {"y": y})
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    dy, spec, x = context.gradients[node.output], _spec(node), node.inputs[0]
    if not _is_active(context, node) or isinstance(spec, GaussianNoiseSpec):
        context.accumulate_gradient(x, dy)
    elif isinstance(spec, DropoutSpec) and spec.noise_shape is None:
        rate = spec.rate
        context.emit_gradient(x, lambda dx: _emit_dropout(context, node, rate, dy, dx))
    elif context.needs_gradient(x):
        reads = {"a": dy, "b": _factors(context, node)}
        context.emit_gradient(x, lambda dx: context.emit("multiply", reads, {"y": dx}))


def _factors(context: LoweringContext, node: Node) -> Buffer:
    """Emit the factors that the input's elements are multiplied by."""
    spec, shape = _spec(node), node.output.image_shape
    if isinstance(spec, GaussianDropoutSpec):
        return _normal(context, node, mean=1.0, deviation=sqrt(spec.rate / (1 - spec.rate)))
    if isinstance(spec, AlphaDropoutSpec):
        return _kept(context, node, prod(shape), spec.rate, _alpha_dropout_scale(spec))
    if not isinstance(spec, DropoutSpec | SpatialDropout2DSpec):
        raise TypeError(type(spec).__name__)
    drawn = spec.drawn_shape(shape) if isinstance(spec, DropoutSpec) else (shape[-1],)
    kept = _kept(context, node, prod(drawn), spec.rate, _dropout_factor(spec.rate))
    if prod(drawn) == prod(shape):
        return kept
    factors = context.image("factors", prod(shape))
    emit_copy(context, kept, factors, broadcast(drawn, shape))
    return factors


def _alpha_dropout_scale(spec: AlphaDropoutSpec) -> float:
    return ((1 - spec.rate) * (1 + spec.rate * _SELU_LIMIT**2)) ** -0.5


def _emit_alpha_dropout(
    context: LoweringContext, node: Node, spec: AlphaDropoutSpec, x: Buffer, y: Buffer
) -> None:
    """Emit y = x * f + g, where f is the scale, or 0 for dropped elements."""
    scale, factors = _alpha_dropout_scale(spec), _factors(context, node)
    shift = -scale * _SELU_LIMIT * spec.rate
    product, offset = context.image("product", x.size), context.image("offset", x.size)
    context.emit("multiply", {"a": x, "b": factors}, {"y": product})
    context.emit(
        "rescale", {"x": factors}, {"y": offset},
        scale=-_SELU_LIMIT, offset=shift + scale * _SELU_LIMIT,
    )  # fmt: skip
    context.emit("add", {"a": product, "b": offset}, {"y": y}, relu=0)


def _dropout_factor(rate: float) -> float:
    return 1.0 / (1.0 - rate) if rate < 1 else 0.0


def _emit_dropout(
    context: LoweringContext, node: Node, rate: float, reads: Buffer, writes: Buffer
) -> None:
    attributes: Attributes = {"threshold": keep_threshold(rate), "scale": _dropout_factor(rate)}
    context.emit(
        "dropout", {"x": reads}, {"y": writes}, **random_stream(context, node), **attributes
    )


def _kept(context: LoweringContext, node: Node, size: int, rate: float, factor: float) -> Buffer:
    """Emit `factor`, or 0 with probability `rate`."""
    y = context.image("kept", size)
    attributes: Attributes = {"threshold": keep_threshold(rate), "scale": factor}
    context.emit("dropout_mask", {}, {"y": y}, **random_stream(context, node), **attributes)
    return y


def _normal(context: LoweringContext, node: Node, *, mean: float, deviation: float) -> Buffer:
    y = context.image("normal", prod(node.output.image_shape))
    attributes: Attributes = {"mean": mean, "stddev": deviation}
    context.emit("random_normal", {}, {"y": y}, **random_stream(context, node), **attributes)
    return y


def random_stream(context: LoweringContext, node: Node) -> Attributes:
    """Return the attributes that choose a call's random numbers: see `engine.random`."""
    seed: int | None = getattr(node.layer.spec, "seed", None)
    own = stream(0, seed)
    return {
        "operation": context.graph.nodes.index(node),
        "has_seed": int(seed is not None),
        "seed": own - (1 << 64) if own >> 63 else own,  # the same bits as a signed integer
    }
