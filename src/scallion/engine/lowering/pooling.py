"""Lowering of poolings."""

from math import prod

from scallion.engine.lowering import convolution, sparse_gradients
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.fusion import comes_from_relu
from scallion.engine.program import Attributes, Buffer
from scallion.layers.pooling import PoolingSpec
from scallion.layers.spec import pad_widths
from scallion.layers.tensor import Node


def _numbers(context: LoweringContext, node: Node) -> Attributes:
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
    y = context.image("y", prod(node.output.image_shape))
    context.emit(
        "max_pool", {"x": context.values[node.inputs[0]]}, {"y": y}, **_numbers(context, node)
    )
    return y


def max_backward(context: LoweringContext, node: Node) -> None:
    source = node.inputs[0]
    # The largest of a window is positive exactly where the relu before it passes its gradient.
    mask = comes_from_relu(context, source) and context.consumers[source] == 1
    reads = {
        "x": context.values[source],
        "y": context.values[node.output],
        "dy": context.gradients[node.output],
    }
    if not _as_lists(context, node, reads, mask=mask):
        context.pass_back(
            source,
            lambda dx: context.emit(
                "max_pool_dx", reads, {"dx": dx}, **_numbers(context, node), relu_mask=int(mask)
            ),
        )
    if mask:
        context.masked.add(source)


def _as_lists(
    context: LoweringContext, node: Node, reads: dict[str, Buffer], *, mask: bool
) -> bool:
    """Hands the slopes on as lists, where a convolution takes them that is faster by them."""
    source, numbers = node.inputs[0], _numbers(context, node)
    taker = sparse_gradients.source(context, source)
    if taker is None or not context.needs_gradient(source):
        return False
    windows = numbers["out_height"] * numbers["out_width"]
    geometry = convolution.computed(context, taker)
    if not sparse_gradients.fits(context, taker, geometry, windows):
        return False
    lists = context.image("slopes", sparse_gradients.floats(numbers["channels"], windows))
    context.slopes[lists] = windows
    of_convolution = {f"conv_{name}": value for name, value in geometry.items()}
    context.emit(
        "max_pool_sparse_dx",
        reads,
        {"sparse_dx": lists},
        **numbers,
        **of_convolution,
        relu_mask=int(mask),
    )
    context.give(source, lists)
    return True


def average_forward(context: LoweringContext, node: Node) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    context.emit(
        "average_pool", {"x": context.values[node.inputs[0]]}, {"y": y}, **_numbers(context, node)
    )
    return y


def average_backward(context: LoweringContext, node: Node) -> None:
    dy = context.gradients[node.output]
    context.pass_back(
        node.inputs[0],
        lambda dx: context.emit(
            "average_pool_dx", {"dy": dy}, {"dx": dx}, **_numbers(context, node)
        ),
    )


def global_average_forward(context: LoweringContext, node: Node) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    context.emit("global_average_pool", {"x": context.values[node.inputs[0]]}, {"y": y})
    return y


def global_average_backward(context: LoweringContext, node: Node) -> None:
    dy = context.gradients[node.output]
    context.pass_back(
        node.inputs[0], lambda dx: context.emit("global_average_pool_dx", {"dy": dy}, {"dx": dx})
    )


def global_max_forward(context: LoweringContext, node: Node) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    context.emit("global_max_pool", {"x": context.values[node.inputs[0]]}, {"y": y})
    return y


def global_max_backward(context: LoweringContext, node: Node) -> None:
    reads = {
        "x": context.values[node.inputs[0]],
        "y": context.values[node.output],
        "dy": context.gradients[node.output],
    }
    context.pass_back(
        node.inputs[0], lambda dx: context.emit("global_max_pool_dx", reads, {"dx": dx})
    )
