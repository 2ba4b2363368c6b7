"""Packing: a kernel copied into the layout that a product reads, once before the first image."""

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.programs.program import Buffer
from scallion.layers.base.layer import Variable

_PARTS = 16  # ranges of a kernel that threads pack side by side


def emit_packing(
    context: LoweringContext,
    kind: str,
    kernel: Variable,
    packed: Buffer,
    factor: Buffer | None,
    **attributes: int,
) -> Buffer:
    """Emit the instruction that packs a kernel, each filter multiplied by `factor`."""
    reads = {"weights": context.weight(kernel)}
    if factor is not None:
        reads["filter_scale"] = factor
    context.emit_prologue(kind, reads, {"packed": packed}, _PARTS, **attributes)
    return packed
