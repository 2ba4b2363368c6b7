"""Fusion: an activation that directly follows an operation is computed by that operation.

A rule whose operation can end in relu calls `fused_activation` for its node, forward and backward.
The relu's own node is then fused into it: its output is the operation's, and its gradient is passed
on unchanged; the operation's backward masks it (`activate_backward`, which respects
`LoweringContext.masked`).
"""

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.rule import LoweringRule
from scallion.engine.programs.program import Buffer
from scallion.layers.activation import ActivationSpec, ReLUSpec
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.pooling import PoolingSpec


def fused_activation(context: LoweringContext, node: Node) -> str:
    """Return the activation that the node's operation computes with it: `relu` or `linear`.

    It is `relu` if the only consumer of the node's output is a plain relu, which is then fused.
    Repeated calls return the same.
    """
    consumers = context.consumers.get(node.output, [])
    if len(consumers) != 1 or context.use_counts[node.output] != 1 or not is_relu(consumers[0]):
        return "linear"
    context.fused_into[consumers[0]] = node
    return "relu"


def own_activation(context: LoweringContext, node: Node, activation: str) -> str:
    """Return a layer's own activation, else the one that can be fused into it."""
    return fused_activation(context, node) if activation == "linear" else activation


def crop_for_pooling(context: LoweringContext, node: Node, last: Node) -> Node | None:
    """Return the pooling that is the only consumer of what a node computes, or None.

    `last` is the last node that its operation computes. Windows that would reach over the edge are
    left out, so what only they would read need not be computed and has no gradient: the cropped
    shape is recorded in the context.
    """
    tensors = [node.output, last.output]
    while context.use_counts[tensors[-1]] == 1 and context.consumers.get(tensors[-1]):
        consumer = context.consumers[tensors[-1]][0]
        spec = consumer.layer.spec
        if isinstance(spec, PoolingSpec) and spec.padding == "valid":
            (window_y, window_x), (stride_y, stride_x) = spec.pool_size, spec.strides
            height, width, channels = consumer.output.image_shape
            read = (height - 1) * stride_y + window_y, (width - 1) * stride_x + window_x, channels
            if read != node.output.image_shape:
                context.cropped.update(dict.fromkeys(tensors, read))
            return consumer
        if consumer not in context.fused_into:
            return None
        tensors.append(consumer.output)
    return None


def is_relu(node: Node) -> bool:
    """Return whether a layer is max(x, 0) and nothing else."""
    spec = node.layer.spec
    if isinstance(spec, ReLUSpec):
        return (spec.max_value, spec.negative_slope, spec.threshold) == (None, 0, 0)
    return isinstance(spec, ActivationSpec) and spec.activation == "relu"


def comes_from_relu(context: LoweringContext, tensor: Tensor) -> bool:
    """Return whether a tensor is the output of a relu whose backward respects `masked`."""
    node = tensor.node
    activation = getattr(node.layer.spec, "activation", "linear")
    return node in context.fused_into or activation == "relu" or is_relu(node)


def _forward(context: LoweringContext, node: Node) -> Buffer:
    return context.values[node.inputs[0]]


def _backward(context: LoweringContext, node: Node) -> None:
    if node.output in context.masked:
        context.masked.add(node.inputs[0])
    context.accumulate_gradient(node.inputs[0], context.gradients[node.output])


FUSED = LoweringRule(_forward, _backward)
"""The rule of a node that another node's operation computes."""
