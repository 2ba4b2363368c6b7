"""A convolution and the max pooling that follows it as one operation, in inference.

The convolution's output is never stored, and with Winograd's F(2x2, 3x3) a window takes 16 products
instead of 36.
"""

from math import prod

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.convolutions.packing import emit_packing
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.layer import Variable
from scallion.layers.base.tensor import Node
from scallion.layers.pooling import MaxPooling2DSpec

_FREQUENCIES = 16
_LINE = 16  # floats of the widest register
# With more channels, larger Winograd tiles take fewer products: see `winograd`.
_MAX_CHANNELS = 15


def fits(context: LoweringContext, pooling: Node, geometry: Attributes) -> bool:
    """Return whether a convolution and its only consumer can be one operation.

    Not in training: the backward pass needs to know the position of each maximum.
    """
    if context.training is not False:
        return False
    spec = pooling.layer.spec
    if not isinstance(spec, MaxPooling2DSpec):
        return False
    if (spec.pool_size, spec.strides) != ((2, 2), (2, 2)):
        return False
    ones = ("stride_y", "stride_x", "dilation_y", "dilation_x", "groups")
    return (
        all(geometry[name] == 1 for name in ones)
        and (geometry["kernel_height"], geometry["kernel_width"]) == (3, 3)
        and geometry["channels"] <= _MAX_CHANNELS
    )


def forward(
    context: LoweringContext,
    pooling: Node,
    reads: dict[str, Buffer],
    kernel: Variable,
    geometry: Attributes,
    *,
    macs: int,
    factor: Buffer | None,
    relu: bool,
) -> Buffer:
    """Emit both as one instruction. `geometry` covers the outputs that the windows read."""
    y = context.image("y", prod(pooling.output.image_shape))
    reads = {**reads, "packed": _packed(context, kernel, geometry, factor)}
    folded = ", batch normalization folded in" if factor is not None else ""
    context.emit(
        "conv_max_pool", reads, {"y": y}, macs=macs, relu=int(relu), **geometry,
        reason=f"fused with {pooling.layer.name}; Winograd F(2x2, 3x3): {_FREQUENCIES} products "
        f"per window instead of 36{folded}",
    )  # fmt: skip
    return y


def _packed(
    context: LoweringContext, kernel: Variable, geometry: Attributes, factor: Buffer | None
) -> Buffer:
    """Return the transformed kernel, each filter multiplied by `factor`."""
    inputs, outputs = geometry["channels"], geometry["filters"]
    size = _FREQUENCIES * inputs * -(-outputs // _LINE) * _LINE
    buffer = context.shared("frequencies", size)
    return emit_packing(
        context, "conv_max_pool_weights", kernel, buffer, factor, inputs=inputs, outputs=outputs
    )
