"""A scale and a shift per channel, and sums of gradients over pixels and images."""

from math import prod

import numpy as np

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import broadcast, emit_copy_backward
from scallion.engine.programs.program import Buffer
from scallion.layers.base.layer import Variable
from scallion.layers.base.spec import Shape


def emit_affine(
    context: LoweringContext,
    x: Buffer,
    channels: int,
    scale: Buffer | None,
    shift: Buffer | None,
    *,
    relu: bool = False,
) -> Buffer:
    """Emit y = x * scale + shift of each channel, which batch normalization computes, too."""
    y = context.image("affine", x.size)
    reads = {
        "x": x,
        "scale": scale or context.external("ones", np.ones(channels, np.float32)),
        "shift": shift or context.external("zeros", np.zeros(channels, np.float32)),
    }
    context.emit("batch_norm", reads, {"y": y}, channels=channels, relu=int(relu))
    return y


def emit_sum(context: LoweringContext, dy: Buffer, weight: Variable, onto: Shape) -> None:
    """Emit the gradient of a weight that was broadcast `onto` a shape: the sum of dy."""
    if prod(weight.shape) != prod(onto):
        total = context.image(f"d {weight.name}", prod(weight.shape))
        emit_copy_backward(context, dy, total, broadcast(weight.shape, onto))
        dy = total
    total, is_first = context.weight_gradient(weight)
    context.emit("sum_images", {"x": dy}, {"total": total}, overwrite=int(is_first))
