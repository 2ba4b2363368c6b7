"""Sparse gradients: a convolution's backward pass from the compressed gradient of a max pooling.

Each pooling window passes one gradient element per channel. Lists of these elements replace an
image that is mostly zeros.
"""

from math import ceil

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import is_relu
from scallion.engine.lowering.convolutions import winograd
from scallion.engine.programs.planning import LANES
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.layer import Variable
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.convolutions.convolution import Conv2DSpec

_PARTS = 16
_REASON = (
    "compressed gradient: only the elements that the pooling passes, one per window and filter"
)
_FLOATS = 2  # of an element: its position and its value

# The cost model, in multiply-adds at peak speed, measured on AVX2 (benchmarks/LOG.md).
_REGISTER = 8  # floats of a register
_HELD = 12  # registers that stay loaded while a list is read: one strip
_GATHER, _SCATTER = 9, 14  # a register times an element: with its sum held, with its weights held
_STRIP = 40  # an element per strip
_AT_EDGE = 450  # the same at an edge, where each element is processed alone
_COMPRESS, _COMPRESS_AT_EDGE = 90, 280  # finding and listing a window's element
_TRANSPOSE = 24  # transposing one weight's gradient
_WRITE = 9  # a float of a dense gradient that is not written
# Only a clear gain counts.
_MARGIN = 1.1


def source(context: LoweringContext, tensor: Tensor) -> Node | None:
    """Return the convolution that a tensor is the output of, directly or through a fused relu.

    None if it is another layer, or if the tensor has other consumers.
    """
    node = tensor.node
    if is_relu(node) and node in context.fused_into:
        node = node.inputs[0].node
    spec = node.layer.spec
    if not isinstance(spec, Conv2DSpec) or spec.groups != 1 or context.use_counts[tensor] != 1:
        return None
    return node if spec.activation in ("linear", "relu") else None


def fits(context: LoweringContext, node: Node, geometry: Attributes, windows: int) -> bool:
    """Return whether a compressed gradient is clearly faster than a dense one."""
    kernel = node.layer.weights_by_role()["kernel"]
    elements = windows * geometry["filters"]
    compressed = float(elements * (_COMPRESS_AT_EDGE if _edge_fraction(geometry) else _COMPRESS))
    dense = float(_WRITE * geometry["out_height"] * geometry["out_width"] * geometry["filters"])
    if context.needs_weight_gradient(kernel, node):
        images = max(1, ceil(context.batch / LANES))
        compressed += (
            elements * _element_cost(geometry, _GATHER)
            + _TRANSPOSE * _rows(geometry) * geometry["filters"] / images
        )
        dense += winograd.weight_gradient_cost(geometry)
    if context.needs_gradient(node.inputs[0]):
        compressed += elements * _element_cost(geometry, _SCATTER)
        dense += winograd.cost(winograd.transposed(geometry))
    return _MARGIN * compressed < dense


def _element_cost(geometry: Attributes, per_register: int) -> float:
    """Return the cost of one element times all its inputs, or all its weights."""
    runs, length = geometry["kernel_height"], geometry["kernel_width"] * geometry["channels"]
    if geometry["dilation_x"] != 1:
        runs, length = runs * geometry["kernel_width"], geometry["channels"]
    registers = runs * ceil(length / _REGISTER)
    strips = ceil(registers / _HELD)
    return per_register * registers + strips * (_STRIP + _AT_EDGE * _edge_fraction(geometry))


def _edge_fraction(geometry: Attributes) -> float:
    """Return the fraction of output pixels whose kernel reaches beyond the image."""
    inside = _inside(geometry, "y", "height") * _inside(geometry, "x", "width")
    return 1 - inside / (geometry["out_height"] * geometry["out_width"])


def _inside(geometry: Attributes, axis: str, side: str) -> int:
    """Return how many outputs along an axis have their whole kernel inside the image."""
    reach = (geometry[f"kernel_{side}"] - 1) * geometry[f"dilation_{axis}"]
    stride = geometry[f"stride_{axis}"]
    starts = (index * stride - geometry[f"pad_{axis}"] for index in range(geometry[f"out_{side}"]))
    return sum(start >= 0 and start + reach < geometry[side] for start in starts)


def floats(filters: int, windows: int) -> int:
    """Return the size of an image\'s lists.

    `native/operations/sparse_gradients.cpp` counts the same.
    """
    counts_and_sums = 3 * filters
    return counts_and_sums + filters * windows * _FLOATS


def emit_weight_gradient(
    context: LoweringContext,
    x: Buffer,
    dy: Buffer,
    writes: dict[str, Buffer],
    geometry: Attributes,
    *,
    macs: int,
    is_first: bool,
) -> None:
    """Emit the weight gradient from a compressed gradient."""
    scratch = context.scratch(_rows(geometry) * geometry["filters"])
    context.emit(
        "sparse_dw", {"x": x, "sparse_dy": dy}, {**writes, "scratch": scratch},
        macs=macs, reason=_REASON, windows=context.compressed[dy],
        overwrite=int(is_first), **geometry,
    )  # fmt: skip


def emit_input_gradient(
    context: LoweringContext,
    kernel: Variable,
    dy: Buffer,
    dx: Buffer,
    geometry: Attributes,
    *,
    macs: int,
) -> None:
    """Emit the input's gradient from a compressed gradient."""
    rows, filters = _rows(geometry), geometry["filters"]
    transposed = context.shared("transposed", rows * filters)
    context.emit_prologue(
        "transpose_weights", {"weights": context.weight(kernel)},
        {"transposed_weights": transposed}, _PARTS, rows=rows, columns=filters,
    )  # fmt: skip
    context.emit(
        "sparse_dx", {"sparse_dy": dy, "transposed_weights": transposed}, {"dx": dx},
        macs=macs, reason=_REASON, windows=context.compressed[dy], **geometry,
    )  # fmt: skip


def _rows(geometry: Attributes) -> int:
    return geometry["kernel_height"] * geometry["kernel_width"] * geometry["channels"]
