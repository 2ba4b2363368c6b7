"""`model.plan()`: the rows of a program, why each is as it is, and where the time goes."""

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args

from scallion import losses
from scallion.engine.lowering import Mode, lower
from scallion.engine.plan_text import lines, reason
from scallion.engine.profiling import TimedInstruction, profile
from scallion.engine.program import Program
from scallion.errors import ArgumentError, StateError, UnknownNameError
from scallion.graph.nested_models import flatten_nested
from scallion.layers import summary_table
from scallion.layers.summary_table import NUMBER, Cell, TableColumn
from scallion.layers.tensor import Tensor
from scallion.losses import Loss
from scallion.models.compile_config import CompileConfig

_MODES = get_args(Mode)

_LEAST = 0.005  # the share of the time below which a row is only counted


def print_plan_of(model: Any, batch: int, mode: str | None, profiled: bool, print_fn: Any) -> None:
    """Lower the model as the engine does, run it once where times are wanted, and print it.

    Raises StateError, UnknownNameError, ArgumentError.
    """
    compiled: CompileConfig | None = model._config
    mode = mode or ("predict" if compiled is None else "train")
    if mode not in _MODES:
        raise UnknownNameError("mode of a plan", mode, _MODES)
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ArgumentError(
            f"`batch_size` is a whole number of at least 1. Received: batch_size={batch!r}",
            hint="batch_size=32",
        )
    objective = None
    if mode != "predict":
        if compiled is None:
            raise StateError(
                f"without a loss there is no plan to {mode}",
                hint='model.compile("adam", "sparse_categorical_crossentropy") first',
            )
        compiled.optimizer.build(model.graph.trainable_weights)
        objective = compiled.objective(
            compiled.resolved_losses or _likely(compiled, model.graph.outputs)
        )
    graph, way = flatten_nested(model.graph), cast("Mode", mode)
    if profiled:
        program, timed = profile(graph, way, batch, objective)
    else:
        program, timed = lower(graph, way, batch, objective).program, []
    print_plan(program, mode, timed, print_fn)


def _likely(compiled: CompileConfig, outputs: Sequence[Tensor]) -> tuple[Loss, ...]:
    """The losses before the first labels have decided what "crossentropy" means: class numbers."""
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
    """One table: segments, their rows, and with `timed` the share that each has of the time."""
    columns = [
        TableColumn("Layer"),
        TableColumn("Operation"),
        TableColumn("MACs an image", "right"),
    ]
    if timed:
        columns += [TableColumn("Time an image", "right"), TableColumn("Share", "right"),
                    TableColumn("GFLOP/s", "right")]  # fmt: skip
    columns.append(TableColumn("Why"))
    total = sum(entry.seconds for entry in timed)
    parts: list[Any] = [
        summary_table.text((f"{mode}, batches of {program.batch}", "bold"), f"; {_memory(program)}")
    ]
    for title, rows in lines(program, timed):
        shown = [(row, spent) for row, spent in rows if not timed or spent >= _LEAST * total]
        cells: list[list[Cell]] = []
        for row, spent in shown:
            cell: list[Cell] = [(row.layer,), (row.kind,), _number(row.macs)]
            if timed:
                cell += _times(spent, total, program.batch, row.macs)
            cells.append([*cell, (reason(row),)])
        parts.append(summary_table.text((title, "bold")))
        if cells:
            parts.append(summary_table.table(columns, cells, None, has_lines=False))
        if hidden := len(rows) - len(shown):
            rest = sum(spent for _, spent in rows) - sum(spent for _, spent in shown)
            parts.append(
                summary_table.text(
                    f"  and {hidden} short ones: {100 * rest / max(total, 1e-12):.1f} %"
                )
            )
    if timed:
        parts.append(
            summary_table.text(("On one thread: ", "bold"), f"{1e6 * total / program.batch:,.1f} "
                       "microseconds an image")
        )  # fmt: skip
    summary_table.show(parts, width=None, print_fn=print_fn)


def _times(spent: float, total: float, batch: int, macs: int) -> list[Cell]:
    speed = f"{2e-9 * macs * batch / spent:,.0f}" if macs and spent else ""
    return [
        (f"{1e6 * spent / batch:,.1f} us",),
        ((f"{100 * spent / max(total, 1e-12):.1f} %", NUMBER),),
        (speed,),
    ]


def _number(value: int) -> Cell:
    return ((f"{value:,}", NUMBER),) if value else ("",)


def _memory(program: Program) -> str:
    floats = program.batch_floats * program.batch + program.shared_floats
    floats += program.lane_floats * 16
    return (
        f"{4 * floats / 1e6:,.1f} MB, and {4 * program.image_floats / 1e3:,.0f} KB for each thread"
    )
