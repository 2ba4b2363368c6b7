"""Lowering of batch normalization, whose statistics are the batch's: a border of segments."""

from math import prod

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.fusion import fused_activation
from scallion.engine.program import Attributes, Buffer
from scallion.layers.convolution import Conv2DSpec
from scallion.layers.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec
from scallion.layers.normalization import BatchNormalizationSpec
from scallion.layers.tensor import Node

_ONCE = 1
_CONVOLUTIONS = (Conv2DSpec, DepthwiseConv2DSpec, SeparableConv2DSpec)


def _spec(node: Node) -> BatchNormalizationSpec:
    spec = node.layer.spec
    if not isinstance(spec, BatchNormalizationSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _weights(context: LoweringContext, node: Node, *names: str) -> dict[str, Buffer]:
    """The layer's arrays of these names, as far as it has them."""
    return {v.name: context.weight(v) for v in node.layer.variables if v.name in names}


def _follows_the_batch(context: LoweringContext, node: Node) -> bool:
    return node.is_training(context.training) and node.layer.trainable


def forward(context: LoweringContext, node: Node) -> Buffer:
    channels = node.output.image_shape[-1]
    affine = {name: context.shared(name, channels) for name in ("scale", "shift")}
    x = context.values[node.inputs[0]]
    if _follows_the_batch(context, node):
        _gather(context, node, x, affine)
    else:
        fold(context, node, affine, None)
    y = context.image("y", prod(node.output.image_shape))
    context.kept[node] = affine
    relu = fused_activation(context, node) == "relu"
    context.emit("batch_norm", {"x": x, **affine}, {"y": y}, channels=channels, relu=int(relu))
    return y


def _gather(context: LoweringContext, node: Node, x: Buffer, affine: dict[str, Buffer]) -> None:
    """The batch's mean and variance, and what they make of the weights."""
    spec, channels = _spec(node), node.output.image_shape[-1]
    # Doubles, of two floats each: a count, a mean and a sum of squares a channel.
    lanes = context.lane("moments", 2 * (1 + 2 * channels))
    scratch = context.image("scratch", 2 * channels)
    context.emit("moments", {"x": x}, {"scratch": scratch, "lanes": lanes}, channels=channels)
    affine["mean"] = context.shared("mean", channels)
    affine["inverse_stddev"] = context.shared("inverse_stddev", channels)
    context.emit(
        "merge_moments",
        {"lanes": lanes, **_weights(context, node, "gamma", "beta")},
        {**affine, **_weights(context, node, "moving_mean", "moving_variance")},
        parts=_ONCE, channels=channels, epsilon=spec.epsilon,
        momentum=spec.momentum, one_minus_momentum=1 - spec.momentum,
    )  # fmt: skip


def fold(
    context: LoweringContext, node: Node, affine: dict[str, Buffer], bias: Buffer | None
) -> None:
    """Moving statistics and weights as a product and a sum a channel, before the first image."""
    reads = _weights(context, node, "gamma", "beta", "moving_mean", "moving_variance")
    if bias is not None:
        reads["bias"] = bias
    numbers: Attributes = {"channels": node.output.image_shape[-1], "epsilon": _spec(node).epsilon}
    context.prepare("fold_batch_norm", reads, affine, _ONCE, **numbers)


def folded_behind(
    context: LoweringContext, node: Node, bias: Buffer | None
) -> tuple[Node, Buffer | None, Buffer | None]:
    """Takes a normalization behind a convolution into its weights: the node that now ends it, what
    each filter is multiplied with, and the bias."""
    normalization = _foldable_behind(context, node)
    if normalization is None:
        return node, None, bias
    channels = node.output.image_shape[-1]
    affine = {name: context.shared(name, channels) for name in ("scale", "shift")}
    fold(context, normalization, affine, bias)
    context.aliases[normalization] = node
    return normalization, affine["scale"], affine["shift"]


def _foldable_behind(context: LoweringContext, node: Node) -> Node | None:
    """The normalization that a convolution can take into its own weights: the only one to read its
    output, at prediction, where the statistics stand still."""
    followers, spec = context.followers.get(node.output, []), node.layer.spec
    if len(followers) != 1 or context.consumers[node.output] != 1:
        return None
    is_linear = isinstance(spec, _CONVOLUTIONS) and spec.activation == "linear"
    if not is_linear or not isinstance(followers[0].layer.spec, BatchNormalizationSpec):
        return None
    return None if followers[0].is_training(context.training) else followers[0]


def backward(context: LoweringContext, node: Node) -> None:
    channels = node.output.image_shape[-1]
    affine = context.kept[node]
    cut = fused_activation(context, node) == "relu" and node.output not in context.masked
    numbers: Attributes = {"channels": channels, "relu": int(cut)}
    reads = {
        "x": context.values[node.inputs[0]],
        "dy": context.gradients[node.output],
        "scale": affine["scale"],
        "shift": affine["shift"],
    }
    slopes = {name: context.shared(name, channels) for name in ("x_coefficient", "constant")}
    if _follows_the_batch(context, node):
        _gather_slopes(context, node, reads, affine, slopes, numbers)
    # In a frozen layer both stay at the zero that shared memory starts with.
    context.pass_back(
        node.inputs[0],
        lambda dx: context.emit("batch_norm_dx", {**reads, **slopes}, {"dx": dx}, **numbers),
    )


def _gather_slopes(
    context: LoweringContext,
    node: Node,
    reads: dict[str, Buffer],
    affine: dict[str, Buffer],
    slopes: dict[str, Buffer],
    numbers: Attributes,
) -> None:
    channels = numbers["channels"]
    lanes = context.lane("slope sums", 2 * 2 * channels)
    scratch = context.image("scratch", 2 * channels)
    context.emit(
        "gradient_sums", {**reads, "mean": affine["mean"]}, {"scratch": scratch, "lanes": lanes},
        **numbers,
    )  # fmt: skip
    learned = {v.name: v for v in node.layer.variables if context.learns(v, node)}
    gradients = {
        f"d{name}": context.merged_gradient(learned[name])
        for name in ("gamma", "beta")
        if name in learned
    }
    again = [not context.first_to_write(variable) for variable in learned.values()]
    context.emit(
        "merge_gradient_sums",
        {"lanes": lanes, **{name: affine[name] for name in ("scale", "mean", "inverse_stddev")}},
        {**slopes, **gradients},
        accumulate=int(any(again)),
        parts=_ONCE, channels=channels, pixels=prod(node.output.image_shape[:-1]),
    )  # fmt: skip
