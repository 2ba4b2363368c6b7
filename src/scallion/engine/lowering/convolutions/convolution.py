"""Convolutions and dense layers: a dense layer is a 1x1 convolution of its rows."""

from math import prod
from typing import Literal

from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import crop_for_pooling, own_activation
from scallion.engine.lowering.convolutions import conv_pool_fusion, sparse_gradients, winograd
from scallion.engine.lowering.convolutions.packing import emit_packing
from scallion.engine.lowering.normalization import fold_following
from scallion.engine.programs.program import Attributes, Barrier, Buffer
from scallion.layers.base.layer import Variable
from scallion.layers.base.sliding_window import pad_widths
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Node
from scallion.layers.convolutions.convolution import Conv2DSpec
from scallion.layers.convolutions.depthwise import DepthwiseConv2DSpec
from scallion.layers.dense import DenseSpec


def geometry_of(node: Node) -> Attributes:
    """Return the attributes that describe a convolution's shapes to the core."""
    shape, spec = node.input_shapes[0], node.layer.spec
    if isinstance(spec, DenseSpec):
        return dense_geometry(shape, spec.units)
    if not isinstance(spec, Conv2DSpec):
        raise TypeError(type(spec).__name__)
    return {**window_geometry(shape, node.output.image_shape, spec), "groups": spec.groups}


def computed_geometry(context: LoweringContext, node: Node) -> Attributes:
    """Return the same, for the outputs that anything reads."""
    if node.output not in context.cropped:
        return geometry_of(node)
    height, width, _ = context.shape(node.output)
    return {**geometry_of(node), "out_height": height, "out_width": width}


def window_geometry(shape: Shape, out: Shape, spec: Conv2DSpec | DepthwiseConv2DSpec) -> Attributes:
    """Return the geometry of a kernel that slides over images: (H, W, C) -> (H', W', filters)."""
    height, width, channels = shape
    out_height, out_width, filters = out
    (kernel_y, kernel_x), (stride_y, stride_x) = spec.kernel_size, spec.strides
    dilation_y, dilation_x = spec.dilation_rate
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "out_height": out_height,
        "out_width": out_width,
        "filters": filters,
        "kernel_height": kernel_y,
        "kernel_width": kernel_x,
        "stride_y": stride_y,
        "stride_x": stride_x,
        "dilation_y": dilation_y,
        "dilation_x": dilation_x,
        "pad_y": pad_widths(height, kernel_y, stride_y, spec.padding, dilation_y)[0],
        "pad_x": pad_widths(width, kernel_x, stride_x, spec.padding, dilation_x)[0],
    }


def dense_geometry(shape: Shape, units: int) -> Attributes:
    """Return the geometry of a matrix product per row: a 1x1 kernel over one long column."""
    rows = prod(shape[:-1])
    ones = dict.fromkeys(
        (
            "kernel_height",
            "kernel_width",
            "stride_y",
            "stride_x",
            "dilation_y",
            "dilation_x",
            "groups",
        ),
        1,
    )
    return {
        "height": rows,
        "width": 1,
        "channels": shape[-1],
        "out_height": rows,
        "out_width": 1,
        "filters": units,
        "pad_y": 0,
        "pad_x": 0,
        **ones,
    }


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a convolution or dense layer with what is fused into it.

    A batch normalization, relu or max pooling that follows may be computed with it.
    """
    spec = node.layer.spec
    if not isinstance(spec, DenseSpec | Conv2DSpec):
        raise TypeError(type(spec).__name__)
    weights = node.layer.weights_by_role()
    bias = context.weight(weights["bias"]) if spec.use_bias else None
    last, factor, bias = fold_following(context, node, bias)
    reads = {"x": context.values[node.inputs[0]]}
    if bias is not None:
        reads["bias"] = bias
    activation = own_activation(context, last, spec.activation)
    relu = activation == "relu"
    if isinstance(spec, Conv2DSpec) and activation in ("relu", "linear"):
        pooling = crop_for_pooling(context, node, last)
        geometry = computed_geometry(context, node)
        if pooling is not None and conv_pool_fusion.fits(context, pooling, geometry):
            context.fused_into[pooling] = node
            return conv_pool_fusion.forward(
                context, pooling, reads, weights["kernel"], geometry,
                macs=spec.macs(*node.input_shapes), factor=factor, relu=relu,
            )  # fmt: skip
    y = context.image("y", prod(context.shape(node.output)))
    emit_product(
        context, "", reads, {"y": y}, weights["kernel"], computed_geometry(context, node),
        macs=spec.macs(*node.input_shapes), factor=factor, relu=int(relu),
    )  # fmt: skip
    return y if relu else activate(context, node, activation, y)


def emit_product(
    context: LoweringContext,
    direction: Literal["", "_dx"],
    reads: dict[str, Buffer],
    writes: dict[str, Buffer],
    kernel: Variable,
    geometry: Attributes,
    *,
    macs: int,
    factor: Buffer | None = None,
    barrier: Barrier = "",
    **more: int,
) -> None:
    """Emit the product of images, or gradients, with the kernel: direct or Winograd."""
    back = direction == "_dx"
    shape = winograd.transposed(geometry) if back else geometry
    uses_winograd = winograd.fits(shape, in_inference=context.training is False)
    pack = winograd.packed if uses_winograd else packed
    reads = {**reads, "packed": pack(context, kernel, geometry, transposed=back, factor=factor)}
    folded = ", batch normalization folded in" if factor is not None else ""
    if uses_winograd:
        context.emit(
            f"winograd{direction}", reads, {**writes, "scratch": winograd.scratch(context, shape)},
            macs=macs, reason=winograd.reason(shape) + folded, barrier=barrier,
            **winograd.attributes(shape), **more,
        )  # fmt: skip
    else:
        context.emit(
            f"convolution{direction}", reads, writes, macs=macs,
            reason=_product_reason(geometry, back=back) + folded, barrier=barrier,
            **geometry, images=1, **more,
        )  # fmt: skip


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of weights and inputs."""
    spec = node.layer.spec
    if not isinstance(spec, DenseSpec | Conv2DSpec):
        raise TypeError(type(spec).__name__)
    activation = own_activation(context, node, spec.activation)
    dy = activate_backward(context, node, activation)
    geometry = computed_geometry(context, node)
    weights = node.layer.weights_by_role()
    kernel = weights["kernel"]
    if context.needs_weight_gradient(kernel, node):
        macs = spec.macs(*node.input_shapes)
        writes: dict[str, Buffer] = {}
        writes["dw"], is_first = context.weight_gradient(kernel)
        if spec.use_bias:
            writes["db"], _ = context.weight_gradient(weights["bias"])
        x = context.values[node.inputs[0]]
        reads = {"x": x, "dy": dy}
        if dy in context.compressed:
            sparse_gradients.emit_weight_gradient(
                context, x, dy, writes, geometry, macs=macs, is_first=is_first
            )
        elif winograd.fits_weight_gradient(geometry):
            writes["scratch"] = winograd.scratch(context, geometry, weight_gradient=True)
            context.emit(
                "winograd_dw", reads, writes, macs=macs, reason=winograd.reason(geometry),
                **winograd.attributes(geometry), block_channels=winograd.ROWS,
                overwrite=int(is_first),
            )  # fmt: skip
        else:
            context.emit(
                "convolution_dw", reads, writes, macs=macs, reason=_gradient_reason(geometry),
                **geometry, overwrite=int(is_first),
            )  # fmt: skip
    emit_input_gradient(context, node, dy)


def emit_input_gradient(context: LoweringContext, node: Node, dy: Buffer) -> None:
    """Emit the gradient at the layer's input."""
    geometry, macs = computed_geometry(context, node), node.layer.spec.macs(*node.input_shapes)
    kernel = node.layer.weights_by_role()["kernel"]

    def emit(dx: Buffer) -> None:
        if dy in context.compressed:
            sparse_gradients.emit_input_gradient(context, kernel, dy, dx, geometry, macs=macs)
        else:
            emit_product(
                context, "_dx", {"dy": dy}, {"dx": dx}, kernel, geometry, macs=macs, accumulate=0
            )

    context.emit_gradient(node.inputs[0], emit)


def _product_reason(geometry: Attributes, *, back: bool = False) -> str:
    """Describe the matrix product that a convolution is: pixels x inputs x outputs."""
    positions = geometry["kernel_height"] * geometry["kernel_width"]
    groups = geometry["groups"]
    inputs, outputs = geometry["channels"] // groups, geometry["filters"] // groups
    if back:
        inputs, outputs = outputs, inputs
    side = ("height", "width") if back else ("out_height", "out_width")
    pixels = geometry[side[0]] * geometry[side[1]]
    size = f"{pixels} x {positions * inputs} x {outputs}"
    text = f"{groups} matrix products {size}" if groups > 1 else f"matrix product {size}"
    return f"{text}, read in place from the image" if positions > 1 else text


def _gradient_reason(geometry: Attributes) -> str:
    positions = geometry["kernel_height"] * geometry["kernel_width"]
    rows = positions * geometry["channels"] // geometry["groups"]
    return f"{rows} x {geometry['filters']} sums over all pixels, kept in registers"


def packed(
    context: LoweringContext,
    kernel: Variable,
    geometry: Attributes,
    *,
    transposed: bool,
    factor: Buffer | None = None,
) -> Buffer:
    """Return the kernel in the core's layout, each filter multiplied by `factor`."""
    positions = geometry["kernel_height"] * geometry["kernel_width"]
    groups = geometry["groups"]
    inputs, outputs = geometry["channels"] // groups, geometry["filters"] // groups
    rows, columns = (outputs, inputs) if transposed else (inputs, outputs)
    # Room for any instruction set: 16 floats are its widest register.
    size = groups * positions * rows * (-(-columns // 16) * 16)
    buffer = context.shared("packed transposed" if transposed else "packed", size)
    return emit_packing(
        context, "pack_weights", kernel, buffer, factor, positions=positions,
        inputs=inputs, outputs=outputs, groups=groups, transposed=int(transposed),
    )  # fmt: skip
