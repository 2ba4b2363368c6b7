"""Max and average pooling, over windows and over the whole image."""

from math import prod

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import comes_from_relu
from scallion.engine.lowering.convolutions import convolution, sparse_gradients
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.sliding_window import pad_widths
from scallion.layers.base.tensor import Node
from scallion.layers.pooling import PoolingSpec


def _geometry(context: LoweringContext, node: Node) -> Attributes:
    spec = node.layer.spec
    if not isinstance(spec, PoolingSpec):
        raise TypeError(type(spec).__name__)
    height, width, channels = context.shape(node.inputs[0])
    out_height, out_width, _ = node.output.image_shape
    (window_y, window_x), (stride_y, stride_x) = spec.pool_size, spec.strides
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "out_height": out_height,
        "out_width": out_width,
        "window_y": window_y,
        "window_x": window_x,
        "stride_y": stride_y,
        "stride_x": stride_x,
        "pad_y": pad_widths(height, window_y, stride_y, spec.padding)[0],
        "pad_x": pad_widths(width, window_x, stride_x, spec.padding)[0],
    }


def max_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower max pooling."""
    y = context.image("y", prod(node.output.image_shape))
    context.emit(
        "max_pool", {"x": context.values[node.inputs[0]]}, {"y": y}, **_geometry(context, node)
    )
    return y


def max_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient, compressed if a convolution is faster with that."""
    source = node.inputs[0]
    # A window's maximum is positive exactly where the relu before it passes its gradient.
    mask = comes_from_relu(context, source) and context.use_counts[source] == 1
    reads = {
        "x": context.values[source],
        "y": context.values[node.output],
        "dy": context.gradients[node.output],
    }
    if not _emit_compressed(context, node, reads, mask=mask):
        context.emit_gradient(
            source,
            lambda dx: context.emit(
                "max_pool_dx", reads, {"dx": dx}, **_geometry(context, node), relu_mask=int(mask)
            ),
        )
    if mask:
        context.masked.add(source)


def _emit_compressed(
    context: LoweringContext, node: Node, reads: dict[str, Buffer], *, mask: bool
) -> bool:
    """Emit a compressed gradient and return True, if a convolution is faster with it."""
    source, geometry = node.inputs[0], _geometry(context, node)
    convolution_node = sparse_gradients.source(context, source)
    if convolution_node is None or not context.needs_gradient(source):
        return False
    windows = geometry["out_height"] * geometry["out_width"]
    of_convolution = convolution.computed_geometry(context, convolution_node)
    if not sparse_gradients.fits(context, convolution_node, of_convolution, windows):
        return False
    lists = context.image("sparse_dx", sparse_gradients.floats(geometry["channels"], windows))
    context.compressed[lists] = windows
    prefixed = {f"conv_{name}": value for name, value in of_convolution.items()}
    context.emit(
        "max_pool_sparse_dx",
        reads,
        {"sparse_dx": lists},
        **geometry,
        **prefixed,
        relu_mask=int(mask),
    )
    context.accumulate_gradient(source, lists)
    return True


def average_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower average pooling."""
    y = context.image("y", prod(node.output.image_shape))
    context.emit(
        "average_pool", {"x": context.values[node.inputs[0]]}, {"y": y}, **_geometry(context, node)
    )
    return y


def average_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    dy = context.gradients[node.output]
    context.emit_gradient(
        node.inputs[0],
        lambda dx: context.emit(
            "average_pool_dx", {"dy": dy}, {"dx": dx}, **_geometry(context, node)
        ),
    )


def global_average_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower global average pooling."""
    y = context.image("y", prod(node.output.image_shape))
    context.emit("global_average_pool", {"x": context.values[node.inputs[0]]}, {"y": y})
    return y


def global_average_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    dy = context.gradients[node.output]
    context.emit_gradient(
        node.inputs[0], lambda dx: context.emit("global_average_pool_dx", {"dy": dy}, {"dx": dx})
    )


def global_max_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower global max pooling."""
    y = context.image("y", prod(node.output.image_shape))
    context.emit("global_max_pool", {"x": context.values[node.inputs[0]]}, {"y": y})
    return y


def global_max_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    reads = {
        "x": context.values[node.inputs[0]],
        "y": context.values[node.output],
        "dy": context.gradients[node.output],
    }
    context.emit_gradient(
        node.inputs[0], lambda dx: context.emit("global_max_pool_dx", reads, {"dx": dx})
    )
