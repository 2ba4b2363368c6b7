"""Lowering of 3x3 convolutions by Winograd's F(4x4, 3x3), where that takes less than multiplying
each pixel with each weight: 36 products instead of 144 for 4x4 outputs, and three changes of form.
"""

from scallion.engine.lowering.context import Context
from scallion.engine.program import Buffer, Numbers
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
# Fewer patches than this a lane's image leave the weights' frequencies without use for themselves.
_LEAST_PATCHES = 4


def fits(numbers: Numbers) -> bool:
    """Whether a convolution of this shape takes clearly less by frequencies."""
    ones = ("stride_y", "stride_x", "dilation_y", "dilation_x", "groups")
    if any(numbers[name] != 1 for name in ones):
        return False
    if (numbers["kernel_height"], numbers["kernel_width"]) != (_TAPS, _TAPS):
        return False
    inputs, outputs = numbers["channels"], numbers["filters"]
    if min(inputs, outputs) < _LEAST_CHANNELS:
        return False
    patches, weights = _patches(numbers), inputs * outputs
    taken = patches * (_PRODUCTS * weights + _CHANGE * (inputs + outputs))
    if patches < _LEAST_PATCHES:
        return False
    return _CLEARLY * taken < _DIRECT * _direct(numbers) * weights


def fits_gradient(numbers: Numbers) -> bool:
    """Whether the gradient of its weights does."""
    inputs, outputs = numbers["channels"], numbers["filters"]
    patches, weights = _patches(numbers), inputs * outputs
    a_patch = (_GRADIENT_PRODUCTS + _TAKEN_BACK / max(_FEWEST, min(patches, _MOST))) * weights
    taken = patches * (a_patch + _CHANGE * (inputs + outputs))
    return fits(numbers) and taken < _DIRECT_GRADIENT * _direct(numbers) * weights


def turned(numbers: Numbers) -> Numbers:
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


def why(numbers: Numbers) -> str:
    """In a few words, for the plan."""
    patches = _patches(numbers)
    return (
        f"Winograd F(4x4, 3x3): {_FREQUENCIES} products for 4x4 outputs, "
        f"{_direct(numbers) / (_FREQUENCIES * patches):.1f} times fewer in all"
    )


def numbers_of(numbers: Numbers) -> Numbers:
    """What the core is told beside the shape."""
    return {**numbers, "block": _block(numbers), "images": 1}


def scratch(context: Context, numbers: Numbers, *, gradient: bool = False) -> Buffer:
    """Room for the frequencies of a block; `native/operations/winograd.cpp` counts the same."""
    block = _block(numbers)
    rows = [(block, numbers["channels"]), (block, numbers["filters"])]
    if gradient:
        rows.append((ROWS, numbers["filters"]))
    # The last register of the last patch may reach over its end.
    return context.scratch(sum(_FREQUENCIES * _step(*pair) for pair in rows) + _LINE)


def packed(
    context: Context,
    kernel: Variable,
    numbers: Numbers,
    *,
    transposed: bool,
    factor: Buffer | None = None,
) -> Buffer:
    """The kernel's frequencies, each filter times `factor`, anew before each step."""
    inputs, outputs = numbers["channels"], numbers["filters"]
    rows, columns = (outputs, inputs) if transposed else (inputs, outputs)
    size = _FREQUENCIES * _step(rows, columns)
    buffer = context.shared(f"frequencies{' transposed' if transposed else ''}", size)
    reads = {"weights": context.weight(kernel)} | ({} if factor is None else {"factor": factor})
    context.prepare(
        "winograd_pack", reads, {"packed": buffer}, PACK_PARTS,
        inputs=inputs, outputs=outputs, transposed=int(transposed),
    )  # fmt: skip
    return buffer


def _patches(numbers: Numbers) -> int:
    return -(-numbers["out_height"] // _SIDE) * -(-numbers["out_width"] // _SIDE)


def _direct(numbers: Numbers) -> int:
    """Pairs of an output and a tap that lies in the image."""
    return _pairs(numbers["height"], numbers["out_height"], numbers["pad_y"]) * _pairs(
        numbers["width"], numbers["out_width"], numbers["pad_x"]
    )


def _pairs(size: int, out: int, pad: int) -> int:
    return sum(0 <= place + tap - pad < size for place in range(out) for tap in range(_TAPS))


def _block(numbers: Numbers) -> int:
    a_patch = _FREQUENCIES * (_whole(numbers["channels"]) + _whole(numbers["filters"]))
    return min(_MOST, max(_FEWEST, _BLOCK_FLOATS // a_patch))


def _step(rows: int, floats: int) -> int:
    """The floats of one frequency."""
    return rows * _whole(floats) + _LINE


def _whole(floats: int) -> int:
    return -(-floats // _LINE) * _LINE
