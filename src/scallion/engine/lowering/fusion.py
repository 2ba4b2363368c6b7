"""Fusion: an activation that directly follows an operation is computed by that operation.

A rule that can end in a relu asks `fused_activation` for its node, forward and backward. The relu's
own node is then an alias: its output is the operation's, and its gradient goes there as it is; the
operation's backward cuts it (`activate_backward`, which respects `context.masked`).
"""

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Buffer
from scallion.layers.activation import ActivationSpec, ReLUSpec
from scallion.layers.pooling import PoolingSpec
from scallion.layers.tensor import Node, Tensor


def fused_activation(context: LoweringContext, node: Node) -> str:
    """The activation that the node's operation computes with it: `relu` where the only one to read
    its output is a plain relu, else `linear`. InputBatch twice, it answers the same."""
    followers = context.followers.get(node.output, [])
    if len(followers) != 1 or context.consumers[node.output] != 1 or not is_relu(followers[0]):
        return "linear"
    context.aliases[followers[0]] = node
    return "relu"


def own_activation(context: LoweringContext, node: Node, activation: str) -> str:
    """A layer's own activation, else the one that can be fused behind it."""
    return fused_activation(context, node) if activation == "linear" else activation


def cut_for_pooling(context: LoweringContext, node: Node, last: Node) -> Node | None:
    """Note what of the node's output is read, where a pooling is all that reads that of `last`,
    the end of what the node computes: windows that would reach over the edge are left out, so what
    only they would read need not be computed, and has no slope. Returns that pooling."""
    tensors = [node.output, last.output]
    while context.consumers[tensors[-1]] == 1 and context.followers.get(tensors[-1]):
        follower = context.followers[tensors[-1]][0]
        spec = follower.layer.spec
        if isinstance(spec, PoolingSpec) and spec.padding == "valid":
            (window_y, window_x), (stride_y, stride_x) = spec.pool_size, spec.strides
            height, width, channels = follower.output.image_shape
            read = (height - 1) * stride_y + window_y, (width - 1) * stride_x + window_x, channels
            if read != node.output.image_shape:
                context.cut.update(dict.fromkeys(tensors, read))
            return follower
        if follower not in context.aliases:
            return None
        tensors.append(follower.output)
    return None


def is_relu(node: Node) -> bool:
    """Whether a layer is max(x, 0) and nothing else."""
    spec = node.layer.spec
    if isinstance(spec, ReLUSpec):
        return (spec.max_value, spec.negative_slope, spec.threshold) == (None, 0, 0)
    return isinstance(spec, ActivationSpec) and spec.activation == "relu"


def comes_from_relu(context: LoweringContext, tensor: Tensor) -> bool:
    """Whether numbers are those of a relu whose backward respects `context.masked`."""
    node = tensor.node
    activation = getattr(node.layer.spec, "activation", "linear")
    return node in context.aliases or activation == "relu" or is_relu(node)


def alias_forward(context: LoweringContext, node: Node) -> Buffer:
    return context.values[node.inputs[0]]


def alias_backward(context: LoweringContext, node: Node) -> None:
    if node.output in context.masked:
        context.masked.add(node.inputs[0])
    context.give(node.inputs[0], context.gradients[node.output])
