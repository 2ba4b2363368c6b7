"""Lowering of a convolution with the max pooling behind it as one, at prediction: what only the
pooling reads is never stored, and by Winograd's F(2x2, 3x3) a window takes 16 products, not 36."""

from math import prod

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Attributes, Buffer
from scallion.layers.layer import Variable
from scallion.layers.pooling import MaxPooling2DSpec
from scallion.layers.tensor import Node

_FREQUENCIES = 16
_LINE = 16  # floats of the widest register
PACK_PARTS = 16
# Of more channels a convolution goes by larger tiles, with fewer products: see `winograd`.
_MOST_CHANNELS = 15


def fits(context: LoweringContext, pooling: Node, numbers: Attributes) -> bool:
    """Whether a convolution and what is all that reads it can be one. In training the way back
    needs to know where in its window each maximum stood."""
    if context.training is not False:
        return False
    spec = pooling.layer.spec
    if not isinstance(spec, MaxPooling2DSpec) or (spec.pool_size, spec.strides) != ((2, 2), (2, 2)):
        return False
    ones = ("stride_y", "stride_x", "dilation_y", "dilation_x", "groups")
    return (
        all(numbers[name] == 1 for name in ones)
        and (numbers["kernel_height"], numbers["kernel_width"]) == (3, 3)
        and numbers["channels"] <= _MOST_CHANNELS
    )


def forward(
    context: LoweringContext,
    pooling: Node,
    reads: dict[str, Buffer],
    kernel: Variable,
    numbers: Attributes,
    *,
    macs: int,
    factor: Buffer | None,
    relu: bool,
) -> Buffer:
    """The row for both. `numbers` are the convolution's, of the outputs that the windows read."""
    y = context.image("y", prod(pooling.output.image_shape))
    reads = {**reads, "packed": _packed(context, kernel, numbers, factor)}
    folded = ", normalization folded in" if factor is not None else ""
    context.emit(
        "conv_max_pool", reads, {"y": y}, macs=macs, relu=int(relu), **numbers,
        why=f"with {pooling.layer.name}, by Winograd F(2x2, 3x3): {_FREQUENCIES} products "
        f"a window instead of 36, and its largest output is kept{folded}",
    )  # fmt: skip
    return y


def _packed(
    context: LoweringContext, kernel: Variable, numbers: Attributes, factor: Buffer | None
) -> Buffer:
    """The kernel's frequencies, each filter times `factor`."""
    inputs, outputs = numbers["channels"], numbers["filters"]
    size = _FREQUENCIES * inputs * -(-outputs // _LINE) * _LINE
    buffer = context.shared("frequencies", size)
    reads = {"weights": context.weight(kernel)} | (
        {} if factor is None else {"filter_scale": factor}
    )
    context.prepare(
        "conv_max_pool_weights",
        reads,
        {"packed": buffer},
        PACK_PARTS,
        inputs=inputs,
        outputs=outputs,
    )
    return buffer
