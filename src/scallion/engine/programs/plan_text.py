"""The texts of `model.plan()`: titles of segments, and the reason for each instruction."""

from collections.abc import Iterable, Sequence

from scallion.engine.programs.planning import LANES
from scallion.engine.programs.profiling import TimedInstruction
from scallion.engine.programs.program import Instruction, Program, Scope, Segment

_TRANSPOSED = "transposed for the backward pass, once per step"
# Reasons that all instructions of a kind share. Those that depend on shapes come with lowering.
_REASONS = {
    "pack_weights": "weights in the kernels' layout; in inference again when they change",
    "transpose_weights": _TRANSPOSED,
    "max_pool_sparse_dx": "compressed gradient: only the elements that the pooling passes",
    "fold_batch_norm": "moving statistics: one product and one sum per channel",
    "moments": "per lane, merged in lane order",
    "merge_moments": "over the whole batch, so all threads synchronise",
    "gradient_sums": "per lane, merged in lane order",
    "merge_gradient_sums": "over the whole batch, so all threads synchronise",
    "sum_lanes": f"{LANES} lanes summed in their order",
}


def reason(instruction: Instruction) -> str:
    """Return the reason for an instruction's algorithm, in a few words."""
    found = [instruction.reason or _REASONS.get(instruction.kind, "")]
    if instruction.kind == "pack_weights" and instruction.attributes.get("transposed"):
        found = [_TRANSPOSED]
    if any(buffer.name.endswith(" again") for buffer in instruction.writes.values()):
        found.append("recomputed: reading stored values would take as long")
    if instruction.attributes.get("relu") and "dx" not in instruction.writes:
        found.append("fused relu")
    if instruction.attributes.get("relu_mask"):
        found.append("zero where the relu before it is inactive")
    return ", ".join(text for text in found if text)


def title(segment: Segment, number: int, batch: int) -> str:
    """Return how a segment's work is divided among threads."""
    if not segment.by_image:
        parts = f"{segment.width} parts" if segment.width > 1 else "one part"
        return f"segment {number}: split by weights into {parts}"
    images_per_lane = -(-batch // LANES)
    kept = {
        buffer: buffer.size
        for instruction in segment.instructions
        for buffer in instruction.buffers()
        if buffer.scope in (Scope.IMAGE, Scope.BATCH)
    }
    images = f"{segment.width} images" if segment.width > 1 else "one image"
    whole = ", all of a lane" if segment.width == images_per_lane else ""
    return (
        f"segment {number}: split by images, {images} at a time{whole}; "
        f"{4 * sum(kept.values()) / 1024:,.0f} KB per image"
    )


def plan_rows(
    program: Program, timed: Sequence[TimedInstruction] = ()
) -> Iterable[tuple[str, list[tuple[Instruction, float]]]]:
    """Yield each segment's title and its instructions with their seconds, 0 if not measured."""
    seconds = iter([entry.seconds for entry in timed])
    for number, segment in enumerate(program.segments):
        rows = [(instruction, next(seconds, 0.0)) for instruction in segment.instructions]
        yield title(segment, number, program.batch), rows
