"""Lowering of a convolution's gradients where a max pooling is all that reads it: each window
passes one slope a channel, so that lists of slopes take the place of an image of mostly zeros."""

from math import ceil

from scallion.engine.lowering import winograd
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.fusion import is_relu
from scallion.engine.planning import LANES
from scallion.engine.program import Attributes, Buffer
from scallion.layers.convolution import Conv2DSpec
from scallion.layers.layer import Variable
from scallion.layers.tensor import Node, Tensor

_PARTS = 16
_WHY = "only of the slopes that the pooling passes, one a window and filter"
_FLOATS = 2  # of a slope: its place and itself
# What it takes in multiply-adds at the speed of the limit, measured on AVX2 (benchmarks/LOG.md): a
# register of 8 floats that meets a slope, with its sum held or its weight held; a list's strip of
# registers, for each slope; the same at an edge, where each slope goes by itself; a window's slope
# found and listed; a weight's gradient turned round; a float of slopes that need not be written.
_REGISTER, _HELD = 8, 12
_GATHER, _SCATTER = 9, 14
_STRIP, _ALONE = 40, 450
_LISTED, _LISTED_APART, _TURNED, _WRITTEN = 90, 280, 24, 9
# What is won must be clear.
_CLEARLY = 1.1


def source(context: LoweringContext, tensor: Tensor) -> Node | None:
    """The convolution whose output this is, as it is or behind a relu that it computes; None where
    something else is, or anything else reads it."""
    node = tensor.node
    if is_relu(node) and node in context.aliases:
        node = node.inputs[0].node
    spec = node.layer.spec
    if not isinstance(spec, Conv2DSpec) or spec.groups != 1 or context.consumers[tensor] != 1:
        return None
    return node if spec.activation in ("linear", "relu") else None


def fits(context: LoweringContext, node: Node, numbers: Attributes, windows: int) -> bool:
    """Whether lists take clearly less than the image, for what is wanted of the convolution."""
    kernel = next(variable for variable in node.layer.variables if variable.name == "kernel")
    slopes = windows * numbers["filters"]
    listed = float(slopes * (_LISTED_APART if _at_edge(numbers) else _LISTED))
    image = float(_WRITTEN * numbers["out_height"] * numbers["out_width"] * numbers["filters"])
    if context.learns(kernel, node):
        lane = max(1, ceil(context.batch / LANES))
        listed += (
            slopes * _met(numbers, _GATHER) + _TURNED * _rows(numbers) * numbers["filters"] / lane
        )
        image += winograd.gradient_cost(numbers)
    if context.needs_gradient(node.inputs[0]):
        listed += slopes * _met(numbers, _SCATTER)
        image += winograd.cost(winograd.turned(numbers))
    return _CLEARLY * listed < image


def _met(numbers: Attributes, a_register: int) -> float:
    """What a slope takes that meets all its inputs or weights."""
    runs, length = numbers["kernel_height"], numbers["kernel_width"] * numbers["channels"]
    if numbers["dilation_x"] != 1:
        runs, length = runs * numbers["kernel_width"], numbers["channels"]
    registers = runs * ceil(length / _REGISTER)
    strips = ceil(registers / _HELD)
    return a_register * registers + strips * (_STRIP + _ALONE * _at_edge(numbers))


def _at_edge(numbers: Attributes) -> float:
    """The share of places that do not meet all taps."""
    inside = _inside(numbers, "y", "height") * _inside(numbers, "x", "width")
    return 1 - inside / (numbers["out_height"] * numbers["out_width"])


def _inside(numbers: Attributes, axis: str, side: str) -> int:
    """How many places along an axis meet all taps."""
    reach = (numbers[f"kernel_{side}"] - 1) * numbers[f"dilation_{axis}"]
    first = numbers[f"stride_{axis}"]
    starts = (place * first - numbers[f"pad_{axis}"] for place in range(numbers[f"out_{side}"]))
    return sum(start >= 0 and start + reach < numbers[side] for start in starts)


def floats(filters: int, windows: int) -> int:
    """Room for an image's slopes; `native/operations/sparse.cpp` counts the same."""
    counts_and_sums = 3 * filters
    return counts_and_sums + filters * windows * _FLOATS


def gradient(
    context: LoweringContext,
    x: Buffer,
    slopes: Buffer,
    writes: dict[str, Buffer],
    numbers: Attributes,
    *,
    macs: int,
    first: bool,
) -> None:
    """The row that adds up the weights' gradient."""
    scratch = context.scratch(_rows(numbers) * numbers["filters"])
    context.emit(
        "sparse_dw", {"x": x, "sparse_dy": slopes}, {**writes, "scratch": scratch},
        macs=macs, why=_WHY, windows=context.slopes[slopes], overwrite=int(first), **numbers,
    )  # fmt: skip


def back(
    context: LoweringContext,
    kernel: Variable,
    slopes: Buffer,
    dx: Buffer,
    numbers: Attributes,
    *,
    macs: int,
) -> None:
    """The row that takes slopes back to what the convolution read."""
    rows, filters = _rows(numbers), numbers["filters"]
    turned = context.shared("turned", rows * filters)
    context.prepare(
        "transpose_weights", {"weights": context.weight(kernel)},
        {"transposed_weights": turned}, _PARTS, rows=rows, columns=filters,
    )  # fmt: skip
    context.emit(
        "sparse_dx", {"sparse_dy": slopes, "transposed_weights": turned}, {"dx": dx},
        macs=macs, why=_WHY, windows=context.slopes[slopes], **numbers,
    )  # fmt: skip


def _rows(numbers: Attributes) -> int:
    return numbers["kernel_height"] * numbers["kernel_width"] * numbers["channels"]
