"""Strided copies: permuting, cropping, padding, repeating and broadcasting.

All of them are one instruction of the core: a loop over up to five axes with one stride per axis in
the source and one in the destination. A stride of 0 repeats what is read, or sums what is written;
the backward pass is the same loop with source and destination exchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.programs.program import Attributes, Buffer
from scallion.errors import EngineError
from scallion.layers.base.spec import Shape

AXES = 5  # `kMaxAxes` in native/kernels/elementwise.hpp


@dataclass(frozen=True, slots=True)
class StridedCopy:
    """Pairs of positions in x and in y: the loop's sides, and strides and starts in floats."""

    sides: tuple[int, ...]
    x_strides: tuple[int, ...]
    y_strides: tuple[int, ...]
    x_start: int = 0
    y_start: int = 0

    @property
    def reversed(self) -> "StridedCopy":
        """The same pairs, copied from y to x."""
        return StridedCopy(self.sides, self.y_strides, self.x_strides, self.y_start, self.x_start)


def strides_of(shape: Shape) -> tuple[int, ...]:
    """Return the strides of a contiguous array.

    >>> strides_of((5, 4, 3))
    (12, 3, 1)
    """
    return tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))


def broadcast(shape: Shape, onto: Shape) -> StridedCopy:
    """Return the copy that broadcasts an array to a shape, as NumPy does."""
    raised = (*[1] * (len(onto) - len(shape)), *shape)
    strides = [
        0 if side == 1 else stride for side, stride in zip(raised, strides_of(raised), strict=True)
    ]
    return StridedCopy(onto, tuple(strides), strides_of(onto))


def permuted(shape: Shape, axes: Sequence[int]) -> StridedCopy:
    """Return the copy that permutes axes, as np.transpose does."""
    strides, sides = strides_of(shape), tuple(shape[axis] for axis in axes)
    return StridedCopy(sides, tuple(strides[axis] for axis in axes), strides_of(sides))


def emit_copy(
    context: LoweringContext, x: Buffer, y: Buffer, copy: StridedCopy, *, clear: bool = False
) -> None:
    """Emit a copy from x to y; with `clear`, all other elements of y are set to 0."""
    _emit(context, x, y, copy, clear=clear, add=False)


def emit_copy_backward(context: LoweringContext, dy: Buffer, dx: Buffer, copy: StridedCopy) -> None:
    """Emit the gradient of x: 0 where nothing was read, sums where something was read often."""
    back = copy.reversed
    repeats = any(
        stride == 0 and side > 1 for stride, side in zip(back.y_strides, back.sides, strict=True)
    )
    covers_all = prod(back.sides) == dx.size
    _emit(context, dy, dx, back, clear=repeats or not covers_all, add=repeats)


def _emit(
    context: LoweringContext, x: Buffer, y: Buffer, copy: StridedCopy, *, clear: bool, add: bool
) -> None:
    axes = _merged_axes(copy)
    if len(axes) > AXES:
        raise EngineError(
            f"layer {context.layer!r}: more than {AXES} axes move at once",
            hint="do it in two layers",
        )
    axes = [(1, 0, 0)] * (AXES - len(axes)) + axes
    attributes: Attributes = {}
    for number, (side, x_stride, y_stride) in enumerate(axes):
        attributes |= {
            f"shape{number}": side, f"x_stride{number}": x_stride, f"y_stride{number}": y_stride,
        }  # fmt: skip
    context.emit(
        "strided_copy", {"x": x}, {"y": y},
        x_offset=copy.x_start, y_offset=copy.y_start,
        zero_fill=int(clear), accumulate=int(add), **attributes,
    )  # fmt: skip


def _merged_axes(copy: StridedCopy) -> list[tuple[int, int, int]]:
    """Return side and strides per axis, with axes merged that are contiguous in both x and y."""
    axes: list[tuple[int, int, int]] = []
    for side, x_stride, y_stride in zip(copy.sides, copy.x_strides, copy.y_strides, strict=True):
        if side == 1:
            continue
        if axes:
            outer, x_outer, y_outer = axes[-1]
            if (x_outer, y_outer) == (side * x_stride, side * y_stride):
                axes[-1] = (outer * side, x_stride, y_stride)
                continue
        axes.append((side, x_stride, y_stride))
    return axes
