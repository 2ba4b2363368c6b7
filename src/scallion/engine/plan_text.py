"""What lowering chose for each operation, and why: the table behind `model.plan()`."""

from collections.abc import Iterable, Sequence

from scallion.engine.planning import LANES
from scallion.engine.profiling import TimedInstruction
from scallion.engine.program import Instruction, Program, Scope, Segment

_TURNED = "turned round for the way back, once a step"
# What every row of a kind has in common. What depends on a shape is said where it is chosen.
_WHY = {
    "pack_weights": "weights as the kernels read them; at prediction again when they change",
    "transpose_weights": _TURNED,
    "max_pool_sparse_dx": "lists of the slopes that pass",
    "fold_batch_norm": "statistics stand still: one product and one sum a channel",
    "moments": "each lane its own, put together in lane order",
    "merge_moments": "the whole batch's: all threads meet",
    "gradient_sums": "each lane its own, put together in lane order",
    "merge_gradient_sums": "the whole batch's: all threads meet",
    "sum_lanes": f"{LANES} lanes added up in their order",
}


def reason(row: Instruction) -> str:
    """Why the row is as it is, in a few words."""
    found = [row.why or _WHY.get(row.kind, "")]
    if row.kind == "pack_weights" and row.values.get("transposed"):
        found = [_TURNED]
    if any(buffer.name.endswith(" again") for buffer in row.writes.values()):
        found.append("computed again, not kept: reading it would cost as much")
    if row.values.get("relu") and "dx" not in row.writes:
        found.append("relu inside")
    if row.values.get("relu_mask"):
        found.append("cuts where the relu before it is zero")
    return ", ".join(text for text in found if text)


def title(segment: Segment, number: int, batch: int) -> str:
    """How a segment's work is shared out."""
    if not segment.by_image:
        parts = f"{segment.width} parts" if segment.width > 1 else "one part"
        return f"segment {number}: by parts of the weights, {parts}"
    share = -(-batch // LANES)
    kept = sum({b: b.size for row in segment.rows for b in row.buffers()
                if b.scope in (Scope.IMAGE, Scope.BATCH)}.values())  # fmt: skip
    images = f"{segment.width} images" if segment.width > 1 else "one image"
    whole = ", a lane's whole share" if segment.width == share else ""
    return (
        f"segment {number}: by image, {images} at a time through all rows{whole}; "
        f"{4 * kept / 1024:,.0f} KB an image"
    )


def lines(
    program: Program, timed: Sequence[TimedInstruction] = ()
) -> Iterable[tuple[str, list[tuple[Instruction, float]]]]:
    """Segment by segment: its title, and its rows with their seconds (0 where not measured)."""
    seconds = iter([entry.seconds for entry in timed])
    for number, segment in enumerate(program.segments):
        rows = [(row, next(seconds, 0.0)) for row in segment.rows]
        yield title(segment, number, program.batch), rows
