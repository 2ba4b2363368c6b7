"""Lowering of numbers that change their place.

All of it is one operation of the core: a box of up to five axes, walked in order, with a step a
axis in what is read and in what is written. A step of 0 repeats what is read, or adds up what is
written; the way back is the same box with the steps exchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Attributes, Buffer
from scallion.errors import EngineError
from scallion.layers.spec import Shape

_AXES = 5  # `kAxes` in native/kernels/elementwise.hpp


@dataclass(frozen=True, slots=True)
class StridedCopy:
    """Places of x and places of y, one to one: sides, and steps in floats."""

    sides: tuple[int, ...]
    x_steps: tuple[int, ...]
    y_steps: tuple[int, ...]
    x_start: int = 0
    y_start: int = 0

    @property
    def back(self) -> "StridedCopy":
        """The same places, read in y and written in x."""
        return StridedCopy(self.sides, self.y_steps, self.x_steps, self.y_start, self.x_start)


def steps_of(shape: Shape) -> tuple[int, ...]:
    """The steps of an array as it lies in memory.

    >>> steps_of((5, 4, 3))
    (12, 3, 1)
    """
    return tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))


def stretched(shape: Shape, onto: Shape) -> StridedCopy:
    """Sides of 1 repeated, axes that are missing in front added, as NumPy does."""
    raised = (*[1] * (len(onto) - len(shape)), *shape)
    steps = [0 if side == 1 else step for side, step in zip(raised, steps_of(raised), strict=True)]
    return StridedCopy(onto, tuple(steps), steps_of(onto))


def permuted(shape: Shape, axes: Sequence[int]) -> StridedCopy:
    """The axes of x in another order, as np.transpose takes it."""
    steps, sides = steps_of(shape), tuple(shape[axis] for axis in axes)
    return StridedCopy(sides, tuple(steps[axis] for axis in axes), steps_of(sides))


def move(
    context: LoweringContext, x: Buffer, y: Buffer, walk: StridedCopy, *, clear: bool = False
) -> None:
    """Write what `walk` says from x into y; what it leaves out of y is 0 with `clear`."""
    _emit(context, x, y, walk, clear=clear, add=False)


def move_back(context: LoweringContext, dy: Buffer, dx: Buffer, walk: StridedCopy) -> None:
    """Write the gradient of x: 0 where nothing was read, sums where something was read often."""
    back = walk.back
    often = any(step == 0 and side > 1 for step, side in zip(back.y_steps, back.sides, strict=True))
    whole = prod(back.sides) == dx.size
    _emit(context, dy, dx, back, clear=often or not whole, add=often)


def _emit(
    context: LoweringContext, x: Buffer, y: Buffer, walk: StridedCopy, *, clear: bool, add: bool
) -> None:
    axes = _merged(walk)
    if len(axes) > _AXES:
        raise EngineError(
            f"layer {context.layer!r}: more than {_AXES} axes move at once",
            hint="do it in two layers",
        )
    axes = [(1, 0, 0)] * (_AXES - len(axes)) + axes
    values: Attributes = {}
    for number, (side, x_step, y_step) in enumerate(axes):
        values |= {f"shape{number}": side, f"x_stride{number}": x_step, f"y_stride{number}": y_step}
    context.emit(
        "strided_copy", {"x": x}, {"y": y},
        x_offset=walk.x_start, y_offset=walk.y_start,
        zero_fill=int(clear), accumulate=int(add), **values,
    )  # fmt: skip


def _merged(walk: StridedCopy) -> list[tuple[int, int, int]]:
    """The axes, those taken together that lie behind each other in both x and y."""
    axes: list[tuple[int, int, int]] = []
    for side, x_step, y_step in zip(walk.sides, walk.x_steps, walk.y_steps, strict=True):
        if side == 1:
            continue
        if axes:
            before, x_before, y_before = axes[-1]
            if (x_before, y_before) == (side * x_step, side * y_step):
                axes[-1] = (before * side, x_step, y_step)
                continue
        axes.append((side, x_step, y_step))
    return axes
