"""Lowering of 3x3 convolutions by Winograd's F(4x4, 3x3), where that takes less than multiplying
each pixel with each weight: 36 products instead of 144 for 4x4 outputs, and three changes of form.
"""

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Attributes, Buffer
from scallion.layers.layer import Variable

_FREQUENCIES = 36
_LINE = 16  # floats of a cache line
_SIDE, _TAPS = 4, 3
PACK_PARTS = 16
# A block's frequencies, of inputs and outputs, stay in the second-level cache (512 KB).
_BLOCK_FLOATS = 64 * 1024
_FEWEST, _MOST = 16, 48  # patches of a block
# Inputs whose weights' gradient is taken back together: two tiles of registers.
ROWS = 12
# What it takes in multiply-adds at the speed of the limit, measured on AVX2 (benchmarks/LOG.md):
# products run at two thirds of the limit forward and at half of it for the gradient; a patch's
# channel is brought to frequencies and back; a weight's gradient is taken back, once a block.
_PRODUCTS, _GRADIENT_PRODUCTS = 1.5 * _FREQUENCIES, 1.9 * _FREQUENCIES
_CHANGE, _TAKEN_BACK = 525, 264
# And how much slower than the limit each pixel meets each weight without.
_DIRECT, _DIRECT_GRADIENT = 1.15, 1.15
# What is won must be clear: rounding differs, and other machines have slower caches.
_CLEARLY = 1.3
# Of fewer channels than this, the products of a frequency are too short to be worth it.
_LEAST_CHANNELS = 16
# Fewer patches than this a lane's image leave the weights' frequencies without use for themselves,
# unless they stay in the second-level cache from image to image: at prediction, where no slopes
# pass, so many floats do.
_LEAST_PATCHES = 4
_STAY = 64 * 1024


def fits(numbers: Attributes, *, predicts: bool = False) -> bool:
    """Whether a convolution of this shape takes clearly less by frequencies."""
    ones = ("stride_y", "stride_x", "dilation_y", "dilation_x", "groups")
    if any(numbers[name] != 1 for name in ones):
        return False
    if (numbers["kernel_height"], numbers["kernel_width"]) != (_TAPS, _TAPS):
        return False
    if min(numbers["channels"], numbers["filters"]) < _LEAST_CHANNELS:
        return False
    stay = predicts and _FREQUENCIES * numbers["channels"] * numbers["filters"] <= _STAY
    if _patches(numbers) < _LEAST_PATCHES and not stay:
        return False
    return _CLEARLY * _by_frequencies(numbers) < _DIRECT * _direct(numbers)


def fits_gradient(numbers: Attributes) -> bool:
    """Whether the gradient of its weights does."""
    return fits(numbers) and _gradient_by_frequencies(numbers) < _DIRECT_GRADIENT * _direct(numbers)


def cost(numbers: Attributes) -> float:
    """What the shorter way takes, in multiply-adds at the speed of the limit."""
    return _by_frequencies(numbers) if fits(numbers) else _DIRECT * _direct(numbers)


def gradient_cost(numbers: Attributes) -> float:
    """The same for the gradient of the weights."""
    if fits_gradient(numbers):
        return _gradient_by_frequencies(numbers)
    return _DIRECT_GRADIENT * _direct(numbers)


def _by_frequencies(numbers: Attributes) -> float:
    inputs, outputs = numbers["channels"], numbers["filters"]
    return _patches(numbers) * (_PRODUCTS * inputs * outputs + _CHANGE * (inputs + outputs))


def _gradient_by_frequencies(numbers: Attributes) -> float:
    inputs, outputs = numbers["channels"], numbers["filters"]
    patches = _patches(numbers)
    a_weight = _GRADIENT_PRODUCTS + _TAKEN_BACK / max(_FEWEST, min(patches, _MOST))
    return patches * (a_weight * inputs * outputs + _CHANGE * (inputs + outputs))


def turned(numbers: Attributes) -> Attributes:
    """The convolution that is the way back to the data of one: slopes are what it reads."""
    return {
        **numbers,
        "height": numbers["out_height"],
        "width": numbers["out_width"],
        "channels": numbers["filters"],
        "out_height": numbers["height"],
        "out_width": numbers["width"],
        "filters": numbers["channels"],
        "pad_y": numbers["kernel_height"] - 1 - numbers["pad_y"],
        "pad_x": numbers["kernel_width"] - 1 - numbers["pad_x"],
    }


def why(numbers: Attributes) -> str:
    """In a few words, for the plan."""
    patches = _patches(numbers)
    return (
        f"Winograd F(4x4, 3x3): {_FREQUENCIES} products for 4x4 outputs, "
        f"{_pairs_of(numbers) / (_FREQUENCIES * patches):.1f} times fewer in all"
    )


def numbers_of(numbers: Attributes) -> Attributes:
    """What the core is told beside the shape."""
    return {**numbers, "block_tiles": _block(numbers), "images": 1}


def scratch(context: LoweringContext, numbers: Attributes, *, gradient: bool = False) -> Buffer:
    """Room for the frequencies of a block; `native/operations/winograd.cpp` counts the same."""
    block = _block(numbers)
    rows = [(block, numbers["channels"]), (block, numbers["filters"])]
    if gradient:
        rows.append((ROWS, numbers["filters"]))
    # The last register of the last patch may reach over its end.
    return context.scratch(sum(_FREQUENCIES * _step(*pair) for pair in rows) + _LINE)


def packed(
    context: LoweringContext,
    kernel: Variable,
    numbers: Attributes,
    *,
    transposed: bool,
    factor: Buffer | None = None,
) -> Buffer:
    """The kernel's frequencies, each filter times `factor`."""
    inputs, outputs = numbers["channels"], numbers["filters"]
    rows, columns = (outputs, inputs) if transposed else (inputs, outputs)
    size = _FREQUENCIES * _step(rows, columns)
    buffer = context.shared(f"frequencies{' transposed' if transposed else ''}", size)
    reads = {"weights": context.weight(kernel)} | (
        {} if factor is None else {"filter_scale": factor}
    )
    context.prepare(
        "winograd_weights", reads, {"packed": buffer}, PACK_PARTS,
        inputs=inputs, outputs=outputs, transposed=int(transposed),
    )  # fmt: skip
    return buffer


def _patches(numbers: Attributes) -> int:
    return -(-numbers["out_height"] // _SIDE) * -(-numbers["out_width"] // _SIDE)


def _direct(numbers: Attributes) -> int:
    """The multiply-adds of the plain way."""
    return _pairs_of(numbers) * numbers["channels"] * numbers["filters"] // numbers["groups"]


def _pairs_of(numbers: Attributes) -> int:
    """Pairs of an output and a tap that lies in the image."""
    return _pairs(numbers, "y", "height") * _pairs(numbers, "x", "width")


def _pairs(numbers: Attributes, axis: str, side: str) -> int:
    stride, dilation = numbers[f"stride_{axis}"], numbers[f"dilation_{axis}"]
    starts = (p * stride - numbers[f"pad_{axis}"] for p in range(numbers[f"out_{side}"]))
    return sum(
        0 <= start + tap * dilation < numbers[side]
        for start in starts
        for tap in range(numbers[f"kernel_{side}"])
    )


def _block(numbers: Attributes) -> int:
    a_patch = _FREQUENCIES * (_whole(numbers["channels"]) + _whole(numbers["filters"]))
    return min(_MOST, max(_FEWEST, _BLOCK_FLOATS // a_patch))


def _step(rows: int, floats: int) -> int:
    """The floats of one frequency."""
    return rows * _whole(floats) + _LINE


def _whole(floats: int) -> int:
    return -(-floats // _LINE) * _LINE
