"""Lowering of convolutions and dense layers: a dense layer is a 1x1 convolution of its rows."""

from math import prod
from typing import Literal

from scallion.engine.lowering import conv_pool_fusion, sparse_gradients, winograd
from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.fusion import cut_for_pooling, own_activation
from scallion.engine.lowering.normalization import folded_behind
from scallion.engine.program import Attributes, Barrier, Buffer
from scallion.layers.convolution import Conv2DSpec
from scallion.layers.dense import DenseSpec
from scallion.layers.depthwise import DepthwiseConv2DSpec
from scallion.layers.layer import Variable
from scallion.layers.spec import Shape, pad_widths
from scallion.layers.tensor import Node

PACK_PARTS = 16


def geometry(node: Node) -> Attributes:
    """The numbers by which the core knows a convolution."""
    shape, spec = node.input_shapes[0], node.layer.spec
    if isinstance(spec, DenseSpec):
        return dense_geometry(shape, spec.units)
    if not isinstance(spec, Conv2DSpec):
        raise TypeError(type(spec).__name__)
    return {**sliding(shape, node.output.image_shape, spec), "groups": spec.groups}


def computed(context: LoweringContext, node: Node) -> Attributes:
    """The same, of the outputs that anything reads."""
    if node.output not in context.cut:
        return geometry(node)
    height, width, _ = context.shape(node.output)
    return {**geometry(node), "out_height": height, "out_width": width}


def sliding(shape: Shape, out: Shape, spec: Conv2DSpec | DepthwiseConv2DSpec) -> Attributes:
    """How a kernel slides over images of a shape."""
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
    """A product with a matrix at each place: a 1x1 kernel over one long column."""
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
    spec = node.layer.spec
    if not isinstance(spec, DenseSpec | Conv2DSpec):
        raise TypeError(type(spec).__name__)
    weights = {variable.name: variable for variable in node.layer.variables}
    bias = context.weight(weights["bias"]) if spec.use_bias else None
    last, factor, bias = folded_behind(context, node, bias)
    reads = {"x": context.values[node.inputs[0]]}
    if bias is not None:
        reads["bias"] = bias
    activation = own_activation(context, last, spec.activation)
    relu = activation == "relu"
    if isinstance(spec, Conv2DSpec) and activation in ("relu", "linear"):
        pooling = cut_for_pooling(context, node, last)
        numbers = computed(context, node)
        if pooling is not None and conv_pool_fusion.fits(context, pooling, numbers):
            context.aliases[pooling] = node
            return conv_pool_fusion.forward(
                context, pooling, reads, weights["kernel"], numbers,
                macs=spec.macs(*node.input_shapes), factor=factor, relu=relu,
            )  # fmt: skip
    y = context.image("y", prod(context.shape(node.output)))
    multiply(
        context, "", reads, {"y": y}, weights["kernel"], computed(context, node),
        macs=spec.macs(*node.input_shapes), factor=factor, relu=int(relu),
    )  # fmt: skip
    return y if relu else activate(context, node, activation, y)


def multiply(
    context: LoweringContext,
    way: Literal["", "_dx"],
    reads: dict[str, Buffer],
    writes: dict[str, Buffer],
    kernel: Variable,
    numbers: Attributes,
    *,
    macs: int,
    factor: Buffer | None = None,
    meets: Barrier = "",
    **more: int,
) -> None:
    """The row that takes images or their slopes through the weights, whichever way is shorter."""
    back = way == "_dx"
    shape = winograd.turned(numbers) if back else numbers
    by_frequencies = winograd.fits(shape, predicts=context.training is False)
    pack = winograd.packed if by_frequencies else packed
    reads = {**reads, "packed": pack(context, kernel, numbers, transposed=back, factor=factor)}
    folded = ", normalization folded in" if factor is not None else ""
    if by_frequencies:
        context.emit(
            f"winograd{way}", reads, {**writes, "scratch": winograd.scratch(context, shape)},
            macs=macs, why=winograd.why(shape) + folded, meets=meets,
            **winograd.numbers_of(shape), **more,
        )  # fmt: skip
    else:
        context.emit(
            f"convolution{way}", reads, writes, macs=macs,
            why=_product(numbers, back=back) + folded, meets=meets, **numbers, images=1, **more,
        )  # fmt: skip


def backward(context: LoweringContext, node: Node) -> None:
    spec = node.layer.spec
    if not isinstance(spec, DenseSpec | Conv2DSpec):
        raise TypeError(type(spec).__name__)
    activation = own_activation(context, node, spec.activation)
    dy = activate_backward(context, node, activation)
    numbers = computed(context, node)
    weights = {variable.name: variable for variable in node.layer.variables}
    kernel = weights["kernel"]
    if context.learns(kernel, node):
        macs = spec.macs(*node.input_shapes)
        writes: dict[str, Buffer] = {}
        writes["dw"], first = context.weight_gradient(kernel)
        if spec.use_bias:
            writes["db"], _ = context.weight_gradient(weights["bias"])
        x = context.values[node.inputs[0]]
        reads = {"x": x, "dy": dy}
        if dy in context.slopes:
            sparse_gradients.gradient(context, x, dy, writes, numbers, macs=macs, first=first)
        elif winograd.fits_gradient(numbers):
            writes["scratch"] = winograd.scratch(context, numbers, gradient=True)
            context.emit(
                "winograd_dw", reads, writes, macs=macs, why=winograd.why(numbers),
                **winograd.numbers_of(numbers), block_channels=winograd.ROWS, overwrite=int(first),
            )  # fmt: skip
        else:
            context.emit(
                "convolution_dw", reads, writes, macs=macs, why=_gradient_why(numbers),
                **numbers, overwrite=int(first),
            )  # fmt: skip
    backward_to_data(context, node, dy)


def backward_to_data(context: LoweringContext, node: Node, dy: Buffer) -> None:
    """The gradient of what the layer reads."""
    numbers, macs = computed(context, node), node.layer.spec.macs(*node.input_shapes)
    kernel = next(variable for variable in node.layer.variables if variable.name == "kernel")

    def go_back(dx: Buffer) -> None:
        if dy in context.slopes:
            sparse_gradients.back(context, kernel, dy, dx, numbers, macs=macs)
        else:
            multiply(
                context, "_dx", {"dy": dy}, {"dx": dx}, kernel, numbers, macs=macs, accumulate=0
            )

    context.pass_back(node.inputs[0], go_back)


def _product(numbers: Attributes, *, back: bool = False) -> str:
    """The matrix product that a convolution is, pixels by inputs by outputs."""
    taps, groups = numbers["kernel_height"] * numbers["kernel_width"], numbers["groups"]
    inputs, outputs = numbers["channels"] // groups, numbers["filters"] // groups
    if back:
        inputs, outputs = outputs, inputs
    side = ("height", "width") if back else ("out_height", "out_width")
    pixels = numbers[side[0]] * numbers[side[1]]
    text = f"a product of {pixels} x {taps * inputs} x {outputs}"
    text = f"{groups} of {pixels} x {taps * inputs} x {outputs}" if groups > 1 else text
    return f"{text}, read where the image lies" if taps > 1 else text


def _gradient_why(numbers: Attributes) -> str:
    taps = numbers["kernel_height"] * numbers["kernel_width"]
    rows = taps * numbers["channels"] // numbers["groups"]
    return f"{rows} x {numbers['filters']} sums in registers while all pixels pass"


def packed(
    context: LoweringContext,
    kernel: Variable,
    numbers: Attributes,
    *,
    transposed: bool,
    factor: Buffer | None = None,
) -> Buffer:
    """The kernel as the core reads it, each filter times `factor`: packed anew when it changes."""
    taps = numbers["kernel_height"] * numbers["kernel_width"]
    groups = numbers["groups"]
    inputs, outputs = numbers["channels"] // groups, numbers["filters"] // groups
    rows, columns = (outputs, inputs) if transposed else (inputs, outputs)
    # Room for any instruction set: 16 floats are its widest register.
    size = groups * taps * rows * (-(-columns // 16) * 16)
    buffer = context.shared("packed transposed" if transposed else "packed", size)
    reads = {"weights": context.weight(kernel)} | (
        {} if factor is None else {"filter_scale": factor}
    )
    context.prepare(
        "pack_weights", reads, {"packed": buffer}, PACK_PARTS,
        positions=taps, inputs=inputs, outputs=outputs, groups=groups, transposed=int(transposed),
    )  # fmt: skip
    return buffer
