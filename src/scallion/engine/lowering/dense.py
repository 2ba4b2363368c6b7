"""Lowering of dense layers: small ones image by image, those with many weights over the batch."""

from math import prod

from scallion.engine.lowering import convolution
from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.fusion import own_activation
from scallion.engine.program import Buffer, Instruction
from scallion.layers.dense import DenseSpec
from scallion.layers.tensor import Node

# From here on, streaming weights and gradients for each lane costs more than meeting does.
_MANY_WEIGHTS = 64 * 1024
# From here on, a lane's few images are not worth a walk through the gradient and its adding up.
_SOME_WEIGHTS = 4 * 1024
_PARTS = 16


def _over_the_batch(context: LoweringContext, node: Node, least: int = _MANY_WEIGHTS) -> bool:
    numbers = convolution.geometry(node)
    many = numbers["channels"] * numbers["filters"] >= least
    shared = sum(other.layer is node.layer for other in context.graph.nodes) > 1
    # The core counts floats of a batch in 32 bits.
    countable = context.batch * prod(node.input_shapes[0]) < 2**31
    return many and countable and not shared


def _spec(node: Node) -> DenseSpec:
    spec = node.layer.spec
    if not isinstance(spec, DenseSpec):
        raise TypeError(type(spec).__name__)
    return spec


def forward(context: LoweringContext, node: Node) -> Buffer:
    if not _over_the_batch(context, node):
        return convolution.forward(context, node)
    spec, numbers = _spec(node), convolution.geometry(node)
    weights = {variable.name: variable for variable in node.layer.variables}
    reads = {
        "x": context.values[node.inputs[0]],
        "packed": convolution.packed(context, weights["kernel"], numbers, transposed=False),
    }
    if spec.use_bias:
        reads["bias"] = context.weight(weights["bias"])
    activation = own_activation(context, node, spec.activation)
    y = context.image("y", prod(node.output.image_shape))
    _multiply(context, node, reads, y, transposed=False, relu=activation == "relu")
    return y if activation == "relu" else activate(context, node, activation, y)


def backward(context: LoweringContext, node: Node) -> None:
    whole = _over_the_batch(context, node)
    if not whole and not _over_the_batch(context, node, _SOME_WEIGHTS):
        convolution.backward(context, node)
        return
    spec, numbers = _spec(node), convolution.geometry(node)
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    kernel = next(variable for variable in node.layer.variables if variable.name == "kernel")
    if context.learns(kernel, node):
        # Nothing waits for the gradient, so where nothing else of the layer meets, it comes last.
        (context.body if whole else context.later).append(_gradient(context, node, dy))
    if not whole:
        convolution.backward_to_data(context, node, dy)
    elif context.needs_gradient(node.inputs[0]):
        packed = convolution.packed(context, kernel, numbers, transposed=True)
        reads = {"x": dy, "packed": packed}
        context.pass_back(
            node.inputs[0], lambda dx: _multiply(context, node, reads, dx, transposed=True)
        )


def _gradient(context: LoweringContext, node: Node, dy: Buffer) -> Instruction:
    """The gradient of the weights from all images at once, straight to where it is wanted."""
    spec, numbers = _spec(node), convolution.geometry(node)
    weights = {variable.name: variable for variable in node.layer.variables}
    writes = {"dw": context.merged_gradient(weights["kernel"])}
    if spec.use_bias:
        writes["db"] = context.merged_gradient(weights["bias"])
    return Instruction(
        "dense_dw", {"x": context.values[node.inputs[0]], "dy": dy}, writes,
        {"rows": numbers["height"], "inputs": numbers["channels"], "outputs": numbers["filters"]},
        parts=_PARTS, layer=context.layer, macs=spec.macs(*node.input_shapes), meets="around",
        why=f"{_size(node)}: all images at once, nothing to add up over lanes",
    )  # fmt: skip


def _size(node: Node) -> str:
    numbers = convolution.geometry(node)
    inputs, outputs = numbers["channels"], numbers["filters"]
    return f"{inputs:,} x {outputs:,} = {inputs * outputs:,} weights"


def _multiply(
    context: LoweringContext,
    node: Node,
    reads: dict[str, Buffer],
    y: Buffer,
    *,
    transposed: bool,
    relu: bool = False,
) -> None:
    numbers = convolution.geometry(node)
    sides = (numbers["channels"], numbers["filters"])
    inputs, outputs = reversed(sides) if transposed else sides
    context.emit(
        "dense", reads, {"y": y}, parts=_PARTS, meets="around",
        macs=_spec(node).macs(*node.input_shapes),
        rows=numbers["height"], inputs=inputs, outputs=outputs, relu=int(relu),
        why=f"{_size(node)}: read once for all images",
    )  # fmt: skip
