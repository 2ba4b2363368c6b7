"""The table of `model.plan()`: the instructions of a program, their reasons, and their times."""

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args

from scallion import losses
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.programs.plan_text import plan_rows, reason
from scallion.engine.programs.profiling import TimedInstruction, profile
from scallion.engine.programs.program import Program
from scallion.errors import ArgumentError, StateError, UnknownNameError
from scallion.graph.nested_models import flatten_nested
from scallion.layers.base import summary_table
from scallion.layers.base.summary_table import NUMBER, Cell, SummaryColumn
from scallion.layers.base.tensor import Tensor
from scallion.losses import Loss
from scallion.models.training.compile_config import CompileConfig

_MODES = get_args(Mode)

_MIN_FRACTION = 0.005  # instructions below this fraction of the time are only counted


def print_plan_of(model: Any, batch: int, mode: str | None, profiled: bool, print_fn: Any) -> None:
    """Lower the model as the native engine does and print the program.

    With `profiled` it also runs one step and prints times. Raises StateError for a mode that needs
    `compile` first, UnknownNameError, ArgumentError.
    """
    compiled: CompileConfig | None = model._config
    mode = mode or ("predict" if compiled is None else "train")
    if mode not in _MODES:
        raise UnknownNameError("plan mode", mode, _MODES)
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ArgumentError(
            f"`batch_size` is an integer of at least 1. Received: batch_size={batch!r}",
            hint="batch_size=32",
        )
    objective = None
    if mode != "predict":
        if compiled is None:
            raise StateError(
                f"there is no {mode} plan without a loss",
                hint='model.compile("adam", "sparse_categorical_crossentropy") first',
            )
        compiled.optimizer.build(model.graph.trainable_weights)
        objective = compiled.objective(
            compiled.resolved_losses or _guess_losses(compiled, model.graph.outputs)
        )
    graph = flatten_nested(model.graph)
    if profiled:
        program, timed = profile(graph, cast("Mode", mode), batch, objective)
    else:
        program, timed = lower(graph, cast("Mode", mode), batch, objective).program, []
    print_plan(program, mode, timed, print_fn)


def _guess_losses(compiled: CompileConfig, outputs: Sequence[Tensor]) -> tuple[Loss, ...]:
    """Return the losses for integer labels, as no labels have been seen that decide otherwise."""
    found = [
        losses.resolve(identifier, (1,), (1, *tensor.image_shape))
        for identifier, tensor in zip(compiled.losses, outputs, strict=True)
    ]
    return tuple(loss for loss in found if loss is not None)


def print_plan(
    program: Program,
    mode: str,
    timed: list[TimedInstruction],
    print_fn: Callable[[str], Any] | None,
) -> None:
    """Print one table per segment, with the time of each instruction where `timed` has it."""
    total = sum(entry.seconds for entry in timed)
    columns = _columns(has_times=bool(timed))
    parts: list[Any] = [
        summary_table.make_text(
            (f"{mode}, batches of {program.batch}", "bold"), f"; {_memory(program)}"
        )
    ]
    for title, instructions in plan_rows(program, timed):
        shown = [
            (instruction, seconds)
            for instruction, seconds in instructions
            if not timed or seconds >= _MIN_FRACTION * total
        ]
        rows: list[list[Cell]] = []
        for instruction, seconds in shown:
            row = [(instruction.layer,), (instruction.kind,), _count_cell(instruction.macs)]
            if timed:
                row += _time_cells(seconds, total, program.batch, instruction.macs)
            rows.append([*row, (reason(instruction),)])
        parts.append(summary_table.make_text((title, "bold")))
        if rows:
            parts.append(summary_table.make_table(columns, rows, None, has_lines=False))
        if hidden := len(instructions) - len(shown):
            rest = sum(s for _, s in instructions) - sum(s for _, s in shown)
            percentage = 100 * rest / max(total, 1e-12)
            parts.append(summary_table.make_text(f"  and {hidden} short ones: {percentage:.1f} %"))
    if timed:
        time = f"{1e6 * total / program.batch:,.1f} microseconds per image"
        parts.append(summary_table.make_text(("On one thread: ", "bold"), time))
    summary_table.show(parts, width=None, print_fn=print_fn)


def _columns(*, has_times: bool) -> list[SummaryColumn]:
    times = ("Time per image", "Percentage", "GFLOP/s") if has_times else ()
    return [
        SummaryColumn("Layer"),
        SummaryColumn("Operation"),
        SummaryColumn("MACs per image", "right"),
        *(SummaryColumn(title, "right") for title in times),
        SummaryColumn("Reason"),
    ]


def _time_cells(seconds: float, total: float, batch: int, macs: int) -> list[Cell]:
    speed = f"{2e-9 * macs * batch / seconds:,.0f}" if macs and seconds else ""
    return [
        (f"{1e6 * seconds / batch:,.1f} us",),
        ((f"{100 * seconds / max(total, 1e-12):.1f} %", NUMBER),),
        (speed,),
    ]


def _count_cell(value: int) -> Cell:
    return ((f"{value:,}", NUMBER),) if value else ("",)


def _memory(program: Program) -> str:
    floats = program.batch_floats * program.batch + program.shared_floats
    floats += program.lane_floats * 16
    return (
        f"{4 * floats / 1e6:,.1f} MB, and {4 * program.image_floats / 1e3:,.0f} KB for each thread"
    )
