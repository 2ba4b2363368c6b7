"""Batch normalization, whose batch statistics end a segment."""

from math import prod

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import fused_activation
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.tensor import Node
from scallion.layers.convolutions.convolution import Conv2DSpec
from scallion.layers.convolutions.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec
from scallion.layers.normalization import BatchNormalizationSpec

_ONE_PART = 1
_CONVOLUTIONS = (Conv2DSpec, DepthwiseConv2DSpec, SeparableConv2DSpec)


def _spec(node: Node) -> BatchNormalizationSpec:
    spec = node.layer.spec
    if not isinstance(spec, BatchNormalizationSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _weights(context: LoweringContext, node: Node, *names: str) -> dict[str, Buffer]:
    """Return the layer's weights of these names that exist."""
    return {v.name: context.weight(v) for v in node.layer.variables if v.name in names}


def _uses_batch_statistics(context: LoweringContext, node: Node) -> bool:
    return node.is_training(context.training) and node.layer.trainable


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower batch normalization to statistics, if they are the batch's, and x * scale + shift."""
    channels = node.output.image_shape[-1]
    affine = {name: context.shared(name, channels) for name in ("scale", "shift")}
    x = context.values[node.inputs[0]]
    if _uses_batch_statistics(context, node):
        _emit_statistics(context, node, x, affine)
    else:
        fold(context, node, affine, None)
    y = context.image("y", prod(node.output.image_shape))
    context.saved[node] = affine
    relu = fused_activation(context, node) == "relu"
    context.emit("batch_norm", {"x": x, **affine}, {"y": y}, channels=channels, relu=int(relu))
    return y


def _emit_statistics(
    context: LoweringContext, node: Node, x: Buffer, affine: dict[str, Buffer]
) -> None:
    """Emit the batch's mean and variance, and scale and shift from them and the weights."""
    spec, channels = _spec(node), node.output.image_shape[-1]
    # Doubles, of two floats each: a count, and a mean and a sum of squares per channel.
    lanes = context.lane("moments", 2 * (1 + 2 * channels))
    scratch = context.image("scratch", 2 * channels)
    context.emit("moments", {"x": x}, {"scratch": scratch, "lanes": lanes}, channels=channels)
    affine["mean"] = context.shared("mean", channels)
    affine["inverse_stddev"] = context.shared("inverse_stddev", channels)
    context.emit(
        "merge_moments",
        {"lanes": lanes, **_weights(context, node, "gamma", "beta")},
        {**affine, **_weights(context, node, "moving_mean", "moving_variance")},
        parts=_ONE_PART, channels=channels, epsilon=spec.epsilon,
        momentum=spec.momentum, one_minus_momentum=1 - spec.momentum,
    )  # fmt: skip


def fold(
    context: LoweringContext, node: Node, affine: dict[str, Buffer], bias: Buffer | None
) -> None:
    """Emit scale and shift per channel from moving statistics and weights, before any image."""
    reads = _weights(context, node, "gamma", "beta", "moving_mean", "moving_variance")
    if bias is not None:
        reads["bias"] = bias
    attributes: Attributes = {
        "channels": node.output.image_shape[-1], "epsilon": _spec(node).epsilon,
    }  # fmt: skip
    context.emit_prologue("fold_batch_norm", reads, affine, _ONE_PART, **attributes)


def fold_following(
    context: LoweringContext, node: Node, bias: Buffer | None
) -> tuple[Node, Buffer | None, Buffer | None]:
    """Fold a batch normalization that follows a convolution into the convolution's weights.

    Returns the node that the operation now ends with, the factor of each filter, and the bias.
    """
    normalization = _foldable(context, node)
    if normalization is None:
        return node, None, bias
    channels = node.output.image_shape[-1]
    affine = {name: context.shared(name, channels) for name in ("scale", "shift")}
    fold(context, normalization, affine, bias)
    context.fused_into[normalization] = node
    return normalization, affine["scale"], affine["shift"]


def _foldable(context: LoweringContext, node: Node) -> Node | None:
    """Return the batch normalization that can be folded into a convolution, or None.

    It is the only consumer of the convolution's output, and uses its moving statistics.
    """
    consumers, spec = context.consumers.get(node.output, []), node.layer.spec
    if len(consumers) != 1 or context.use_counts[node.output] != 1:
        return None
    is_linear = isinstance(spec, _CONVOLUTIONS) and spec.activation == "linear"
    if not is_linear or not isinstance(consumers[0].layer.spec, BatchNormalizationSpec):
        return None
    return None if consumers[0].is_training(context.training) else consumers[0]


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of weights and input."""
    channels = node.output.image_shape[-1]
    affine = context.saved[node]
    relu = fused_activation(context, node) == "relu" and node.output not in context.masked
    attributes: Attributes = {"channels": channels, "relu": int(relu)}
    reads = {
        "x": context.values[node.inputs[0]],
        "dy": context.gradients[node.output],
        "scale": affine["scale"],
        "shift": affine["shift"],
    }
    coefficients = {name: context.shared(name, channels) for name in ("x_coefficient", "constant")}
    if _uses_batch_statistics(context, node):
        _emit_gradient_sums(context, node, reads, affine, coefficients, attributes)
    # In a frozen layer both coefficients stay at the zero that shared memory starts with.
    context.emit_gradient(
        node.inputs[0],
        lambda dx: context.emit(
            "batch_norm_dx", {**reads, **coefficients}, {"dx": dx}, **attributes
        ),
    )


def _emit_gradient_sums(
    context: LoweringContext,
    node: Node,
    reads: dict[str, Buffer],
    affine: dict[str, Buffer],
    coefficients: dict[str, Buffer],
    attributes: Attributes,
) -> None:
    """Emit the batch's gradient sums, and from them weight gradients and dx's coefficients."""
    channels = attributes["channels"]
    lanes = context.lane("gradient sums", 2 * 2 * channels)
    scratch = context.image("scratch", 2 * channels)
    context.emit(
        "gradient_sums", {**reads, "mean": affine["mean"]}, {"scratch": scratch, "lanes": lanes},
        **attributes,
    )  # fmt: skip
    trained = {v.name: v for v in node.layer.variables if context.needs_weight_gradient(v, node)}
    gradients = {
        f"d{name}": context.merged_gradient(trained[name])
        for name in ("gamma", "beta")
        if name in trained
    }
    is_repeated = [not context.is_first_write(variable) for variable in trained.values()]
    context.emit(
        "merge_gradient_sums",
        {"lanes": lanes, **{name: affine[name] for name in ("scale", "mean", "inverse_stddev")}},
        {**coefficients, **gradients},
        accumulate=int(any(is_repeated)),
        parts=_ONE_PART, channels=channels, pixels=prod(node.output.image_shape[:-1]),
    )  # fmt: skip
