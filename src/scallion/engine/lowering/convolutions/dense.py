"""Dense layers: small ones image by image, those with many weights over the whole batch."""

from math import prod

from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import own_activation
from scallion.engine.lowering.convolutions import convolution
from scallion.engine.programs.program import Buffer, Instruction
from scallion.layers.base.tensor import Node
from scallion.layers.dense import DenseSpec

# From this many weights, streaming weights and gradients for each lane costs more than a barrier.
_MANY_WEIGHTS = 64 * 1024
# From this many, adding up one weight gradient per lane costs more than one for the whole batch.
_SOME_WEIGHTS = 4 * 1024
_PARTS = 16


def _runs_over_batch(context: LoweringContext, node: Node, least: int = _MANY_WEIGHTS) -> bool:
    geometry = convolution.geometry_of(node)
    is_large = geometry["channels"] * geometry["filters"] >= least
    is_shared = sum(other.layer is node.layer for other in context.graph.nodes) > 1
    # The core counts floats of a batch in 32 bits.
    is_countable = context.batch * prod(node.input_shapes[0]) < 2**31
    return is_large and is_countable and not is_shared


def _spec(node: Node) -> DenseSpec:
    spec = node.layer.spec
    if not isinstance(spec, DenseSpec):
        raise TypeError(type(spec).__name__)
    return spec


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a dense layer."""
    if not _runs_over_batch(context, node):
        return convolution.forward(context, node)
    spec, geometry = _spec(node), convolution.geometry_of(node)
    weights = node.layer.weights_by_role()
    reads = {
        "x": context.values[node.inputs[0]],
        "packed": convolution.packed(context, weights["kernel"], geometry, transposed=False),
    }
    if spec.use_bias:
        reads["bias"] = context.weight(weights["bias"])
    activation = own_activation(context, node, spec.activation)
    y = context.image("y", prod(node.output.image_shape))
    _emit_product(context, node, reads, y, transposed=False, relu=activation == "relu")
    return y if activation == "relu" else activate(context, node, activation, y)


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of weights and inputs."""
    over_batch = _runs_over_batch(context, node)
    if not over_batch and not _runs_over_batch(context, node, _SOME_WEIGHTS):
        convolution.backward(context, node)
        return
    spec, geometry = _spec(node), convolution.geometry_of(node)
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    kernel = node.layer.weights_by_role()["kernel"]
    if context.needs_weight_gradient(kernel, node):
        # Nothing waits for the gradient, so without another barrier of this layer it comes last.
        (context.body if over_batch else context.epilogue).append(
            _weight_gradient(context, node, dy)
        )
    if not over_batch:
        convolution.emit_input_gradient(context, node, dy)
    elif context.needs_gradient(node.inputs[0]):
        packed = convolution.packed(context, kernel, geometry, transposed=True)
        reads = {"x": dy, "packed": packed}
        context.emit_gradient(
            node.inputs[0], lambda dx: _emit_product(context, node, reads, dx, transposed=True)
        )


def _weight_gradient(context: LoweringContext, node: Node, dy: Buffer) -> Instruction:
    """Return the instruction for the weight gradient of all images at once."""
    spec, geometry = _spec(node), convolution.geometry_of(node)
    weights = node.layer.weights_by_role()
    writes = {"dw": context.merged_gradient(weights["kernel"])}
    if spec.use_bias:
        writes["db"] = context.merged_gradient(weights["bias"])
    return Instruction(
        "dense_dw", {"x": context.values[node.inputs[0]], "dy": dy}, writes,
        {
            "rows": geometry["height"], "inputs": geometry["channels"],
            "outputs": geometry["filters"],
        },
        parts=_PARTS, layer=context.layer, macs=spec.macs(*node.input_shapes), barrier="around",
        reason=f"{_size(node)}: all images at once, so there are no lanes to add up",
    )  # fmt: skip


def _size(node: Node) -> str:
    geometry = convolution.geometry_of(node)
    inputs, outputs = geometry["channels"], geometry["filters"]
    return f"{inputs:,} x {outputs:,} = {inputs * outputs:,} weights"


def _emit_product(
    context: LoweringContext,
    node: Node,
    reads: dict[str, Buffer],
    y: Buffer,
    *,
    transposed: bool,
    relu: bool = False,
) -> None:
    geometry = convolution.geometry_of(node)
    sides = (geometry["channels"], geometry["filters"])
    inputs, outputs = reversed(sides) if transposed else sides
    context.emit(
        "dense", reads, {"y": y}, parts=_PARTS, barrier="around",
        macs=_spec(node).macs(*node.input_shapes),
        rows=geometry["height"], inputs=inputs, outputs=outputs, relu=int(relu),
        reason=f"{_size(node)}: read once for all images",
    )  # fmt: skip
