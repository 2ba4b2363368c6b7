"""3x3 convolutions by Winograd's F(4x4, 3x3), where that is faster than multiplying directly.

It takes 36 products for a tile of 4x4 outputs instead of 144, and transforms of the input, the
weights and the output (Lavin and Gray 2015).
"""

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.convolutions.packing import emit_packing
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.layer import Variable

_FREQUENCIES = 36
_LINE = 16  # floats of a cache line
_TILE, _KERNEL = 4, 3
# A block's transformed inputs and outputs stay in the second-level cache (512 KB).
_BLOCK_FLOATS = 64 * 1024
_MIN_BLOCK, _MAX_BLOCK = 16, 48  # tiles of a block
# Inputs whose weight gradient is transformed back together: two register tiles.
ROWS = 12

# The cost model, in multiply-adds at peak speed, measured on AVX2 (benchmarks/LOG.md).
# Products run at two thirds of the peak forward, and at half of it for the weight gradient.
_PRODUCTS, _GRADIENT_PRODUCTS = 1.5 * _FREQUENCIES, 1.9 * _FREQUENCIES
_TRANSFORM = 525  # a tile's channel to frequencies and back
_INVERSE = 264  # a weight's gradient back from frequencies, once per block
# How much slower than the peak a direct convolution runs.
_DIRECT, _DIRECT_GRADIENT = 1.15, 1.15
# Only a clear gain counts: rounding differs, and other machines have slower caches.
_MARGIN = 1.3
# With fewer channels the products of a frequency are too short.
_MIN_CHANNELS = 16
# With fewer tiles per image the transformed weights are not reused within it, unless they stay in
# the second-level cache from image to image: in inference this many floats do.
_MIN_TILES = 4
_CACHED_WEIGHTS = 64 * 1024


def fits(geometry: Attributes, *, in_inference: bool = False) -> bool:
    """Return whether Winograd is clearly faster for a convolution."""
    ones = ("stride_y", "stride_x", "dilation_y", "dilation_x", "groups")
    if any(geometry[name] != 1 for name in ones):
        return False
    if (geometry["kernel_height"], geometry["kernel_width"]) != (_KERNEL, _KERNEL):
        return False
    if min(geometry["channels"], geometry["filters"]) < _MIN_CHANNELS:
        return False
    weights = _FREQUENCIES * geometry["channels"] * geometry["filters"]
    weights_are_cached = in_inference and weights <= _CACHED_WEIGHTS
    if _tiles(geometry) < _MIN_TILES and not weights_are_cached:
        return False
    return _MARGIN * _winograd_cost(geometry) < _DIRECT * _direct_macs(geometry)


def fits_weight_gradient(geometry: Attributes) -> bool:
    """Return whether Winograd is faster for a convolution's weight gradient, too."""
    direct = _DIRECT_GRADIENT * _direct_macs(geometry)
    return fits(geometry) and _winograd_gradient_cost(geometry) < direct


def cost(geometry: Attributes) -> float:
    """Return the cost of a convolution, in multiply-adds at peak speed."""
    return _winograd_cost(geometry) if fits(geometry) else _DIRECT * _direct_macs(geometry)


def weight_gradient_cost(geometry: Attributes) -> float:
    """Return the cost of a convolution's weight gradient."""
    if fits_weight_gradient(geometry):
        return _winograd_gradient_cost(geometry)
    return _DIRECT_GRADIENT * _direct_macs(geometry)


def _winograd_cost(geometry: Attributes) -> float:
    inputs, outputs = geometry["channels"], geometry["filters"]
    return _tiles(geometry) * (_PRODUCTS * inputs * outputs + _TRANSFORM * (inputs + outputs))


def _winograd_gradient_cost(geometry: Attributes) -> float:
    inputs, outputs = geometry["channels"], geometry["filters"]
    tiles = _tiles(geometry)
    per_weight = _GRADIENT_PRODUCTS + _INVERSE / max(_MIN_BLOCK, min(tiles, _MAX_BLOCK))
    return tiles * (per_weight * inputs * outputs + _TRANSFORM * (inputs + outputs))


def transposed(geometry: Attributes) -> Attributes:
    """Return the convolution that computes the input's gradient from the output's."""
    return {
        **geometry,
        "height": geometry["out_height"],
        "width": geometry["out_width"],
        "channels": geometry["filters"],
        "out_height": geometry["height"],
        "out_width": geometry["width"],
        "filters": geometry["channels"],
        "pad_y": geometry["kernel_height"] - 1 - geometry["pad_y"],
        "pad_x": geometry["kernel_width"] - 1 - geometry["pad_x"],
    }


def reason(geometry: Attributes) -> str:
    """Return the reason for the plan's table."""
    products = _FREQUENCIES * _tiles(geometry)
    return (
        f"Winograd F(4x4, 3x3): {_FREQUENCIES} products for 4x4 outputs, "
        f"{_direct_pairs(geometry) / products:.1f} times fewer in all"
    )


def attributes(geometry: Attributes) -> Attributes:
    """Return the attributes of a Winograd instruction."""
    return {**geometry, "block_tiles": _block(geometry), "images": 1}


def scratch(
    context: LoweringContext, geometry: Attributes, *, weight_gradient: bool = False
) -> Buffer:
    """Return memory for a block's frequencies; `native/operations/winograd.cpp` counts the same."""
    block = _block(geometry)
    rows = [(block, geometry["channels"]), (block, geometry["filters"])]
    if weight_gradient:
        rows.append((ROWS, geometry["filters"]))
    # The last register of the last tile may reach beyond its end.
    return context.scratch(sum(_FREQUENCIES * _frequency_floats(*pair) for pair in rows) + _LINE)


def packed(
    context: LoweringContext,
    kernel: Variable,
    geometry: Attributes,
    *,
    transposed: bool,
    factor: Buffer | None = None,
) -> Buffer:
    """Return the transformed kernel, each filter multiplied by `factor`."""
    inputs, outputs = geometry["channels"], geometry["filters"]
    rows, columns = (outputs, inputs) if transposed else (inputs, outputs)
    size = _FREQUENCIES * _frequency_floats(rows, columns)
    buffer = context.shared(f"frequencies{' transposed' if transposed else ''}", size)
    return emit_packing(
        context, "winograd_weights", kernel, buffer, factor,
        inputs=inputs, outputs=outputs, transposed=int(transposed),
    )  # fmt: skip


def _tiles(geometry: Attributes) -> int:
    return -(-geometry["out_height"] // _TILE) * -(-geometry["out_width"] // _TILE)


def _direct_macs(geometry: Attributes) -> int:
    """Return the multiply-adds of the direct convolution."""
    weights = geometry["channels"] * geometry["filters"] // geometry["groups"]
    return _direct_pairs(geometry) * weights


def _direct_pairs(geometry: Attributes) -> int:
    """Return the pairs of an output pixel and a kernel position inside the image."""
    return _pairs_along(geometry, "y", "height") * _pairs_along(geometry, "x", "width")


def _pairs_along(geometry: Attributes, axis: str, side: str) -> int:
    stride, dilation = geometry[f"stride_{axis}"], geometry[f"dilation_{axis}"]
    starts = (p * stride - geometry[f"pad_{axis}"] for p in range(geometry[f"out_{side}"]))
    return sum(
        0 <= start + position * dilation < geometry[side]
        for start in starts
        for position in range(geometry[f"kernel_{side}"])
    )


def _block(geometry: Attributes) -> int:
    per_tile = _FREQUENCIES * (
        _whole_lines(geometry["channels"]) + _whole_lines(geometry["filters"])
    )
    return min(_MAX_BLOCK, max(_MIN_BLOCK, _BLOCK_FLOATS // per_tile))


def _frequency_floats(rows: int, floats: int) -> int:
    return rows * _whole_lines(floats) + _LINE


def _whole_lines(floats: int) -> int:
    return -(-floats // _LINE) * _LINE
