"""`model.summary()` in three styles: that of Keras 3, of Keras 2, and with calculations."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scallion.errors import ArgumentError, StateError, UnknownNameError
from scallion.graph.summary_rows import (
    FLOAT_BYTES,
    ModelLike,
    SummaryRow,
    SummaryTotals,
    summary_rows,
    summary_totals,
)
from scallion.layers.base import summary_table
from scallion.layers.base.summary_table import NUMBER, Cell, SummaryColumn

STYLES = ("keras", "classic", "arithmetic")
Print = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """The options of a printed summary: see `print_summary`."""

    line_length: int | None = None
    positions: Sequence[float] | None = None
    print_fn: Print | None = None
    show_trainable: bool = False


def print_summary(
    model: ModelLike,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Print | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    style: str = "keras",
) -> None:
    """Print a model's layers, shapes and parameters.

    `style` is "keras", "classic" (that of Keras 2) or "arithmetic" (how each parameter count is
    calculated, and multiply-adds and memory for one image). `positions` are the ends of columns, as
    fractions of `line_length` or in characters. `print_fn` gets the whole text at once, in the
    classic style line by line, as in Keras 2. Raises UnknownNameError, ArgumentError, and
    StateError in the classic style before the input shape is known.
    """
    if style not in STYLES:
        raise UnknownNameError("style of summary", style, STYLES)
    if style == "classic" and not model.built:
        raise StateError(
            f"model {model.name!r} does not know its input shape yet",
            hint='start with Input((28, 28, 1)), or use style="keras"',
            layer=model.name,
        )
    options = SummaryOptions(line_length, positions, print_fn, show_trainable)
    rows = summary_rows(model, expand_nested=expand_nested, layer_range=layer_range)
    is_chain = not model.built or model.graph.is_chain
    printers = {"keras": _print_keras, "classic": _print_classic, "arithmetic": _print_arithmetic}
    printers[style](model, rows, is_chain, options)


def _print_keras(
    model: ModelLike, rows: list[SummaryRow], is_chain: bool, options: SummaryOptions
) -> None:
    titles = [
        SummaryColumn("Layer (type)"),
        SummaryColumn("Output Shape"),
        SummaryColumn("Param #", "right"),
    ]
    length, positions = (88, [0.45, 0.80, 1.0]) if is_chain else (108, [0.3, 0.56, 0.74, 1.0])
    positions = list(options.positions or positions)
    if not is_chain:
        titles.append(SummaryColumn("Connected to"))
    if options.show_trainable:
        length += 12
        positions = [0.9 * position for position in positions]
        positions.append(positions[-1] / 0.9)
        titles.append(SummaryColumn("Trainable", "center"))
    length = options.line_length or min(length, shutil.get_terminal_size().columns - 4)
    widths = _widths(positions, length, len(titles))
    columns = [
        SummaryColumn(column.title, column.justify, width)
        for column, width in zip(titles, widths, strict=True)
    ]
    cells = [_cells(row, is_chain, options.show_trainable) for row in rows]
    _show(
        model,
        summary_table.make_table(columns, cells, length),
        _footer(summary_totals(model)),
        length,
        options,
    )


def _print_arithmetic(
    model: ModelLike, rows: list[SummaryRow], is_chain: bool, options: SummaryOptions
) -> None:
    titles = [
        SummaryColumn("Layer (type)"),
        SummaryColumn("Output Shape"),
        SummaryColumn("Param #", "right"),
        SummaryColumn("Multiply-adds", "right"),
        SummaryColumn("Memory", "right"),
    ]
    cells = [
        [*_cells(row, True, False)[:2], (row.arithmetic,), _number(row.macs), _memory(row)]
        for row in rows
    ]
    if not is_chain:
        titles.insert(3, SummaryColumn("Connected to"))
        for row, line in zip(rows, cells, strict=True):
            line.insert(3, _connections(row))
    length = options.line_length
    if options.positions is not None:
        length = length or 108
        widths = _widths(list(options.positions), length, len(titles))
        titles = [
            SummaryColumn(column.title, column.justify, width)
            for column, width in zip(titles, widths, strict=True)
        ]
    total = summary_totals(model)
    below = [
        _line("Multiply-adds", f"{total.macs:,}", "for one image"),
        _line("Activations", format_size(total.activation_bytes), "for one image"),
    ]
    below += [
        summary_table.make_text((f" {row.name}: ", "bold"), row.note) for row in rows if row.note
    ]
    # Away from a screen, which has an edge, every cell gets the width that it needs.
    free = 10_000 if options.print_fn is not None or not _is_screen() else None
    table = summary_table.make_table(titles, cells, length)
    _show(model, table, [*_footer(total), *below], length or free, options)


def _print_classic(
    model: ModelLike, rows: list[SummaryRow], is_chain: bool, options: SummaryOptions
) -> None:
    print_line = options.print_fn or _print_line
    length = options.line_length or (65 if is_chain else 98)
    positions = options.positions or ([0.45, 0.85, 1.0] if is_chain else [0.33, 0.55, 0.67, 1.0])
    ends = [int(end) for end in _absolute(positions, length)]
    titles = ["Layer (type)", "Output Shape", "Param #", "Connected to"][: 3 if is_chain else 4]
    if len(ends) < len(titles):
        raise _positions_error(positions, len(titles))
    thin, thick = "_" * length, "=" * length
    for line in (f'Model: "{model.name}"', thin, _truncated(titles, ends), thick):
        print_line(line)
    for number, row in enumerate(rows, 1):
        shape = f"[{row.output_shape}]" if row.kind == "InputLayer" else str(row.output_shape)
        first, *others = row.connected_to or ("",)
        name = f"{'   ' * row.depth}{row.name} ({row.kind})"
        print_line(_truncated([name, shape, str(row.parameters), first][: len(titles)], ends))
        for other in [] if is_chain else others:
            print_line(_truncated(["", "", "", other], ends))
        print_line(thick if number == len(rows) else thin)
    total = summary_totals(model)
    print_line(f"Total params: {total.parameters:,}")
    print_line(f"Trainable params: {total.trainable:,}")
    print_line(f"Non-trainable params: {total.non_trainable:,}")
    print_line(thin)


def _truncated(fields: Sequence[str], ends: Sequence[int]) -> str:
    """Return the fields in columns, truncated at their ends as in Keras 2: `(MaxPooling2 `."""
    line = ""
    for index, (field, end) in enumerate(zip(fields, ends, strict=False)):
        if index:
            line = f"{line[:-1]} "
        line = (line + field)[:end].ljust(end)
    return line.rstrip()


def _cells(row: SummaryRow, is_chain: bool, show_trainable: bool) -> list[Cell]:
    indent = f"{'   ' * row.depth}└ " if row.depth else ""
    unbuilt: Cell = (("0", NUMBER), " (unbuilt)")
    cells: list[Cell] = [
        summary_table.layer_cell(f"{indent}{row.name}", row.kind),
        summary_table.shape_cell(row.output_shape),
        unbuilt if row.parameters is None else _number(row.parameters),
    ]
    if not is_chain:
        cells.append(_connections(row))
    if show_trainable:
        answers: dict[bool | None, Cell] = {
            True: (("Y", "bold color(34)"),),
            False: (("N", "bold color(9)"),),
            None: (("-", "bold"),),
        }
        cells.append(answers[row.trainable])
    return cells


def _connections(row: SummaryRow) -> Cell:
    return (", ".join(row.connected_to) or "-",)


def _number(value: int) -> Cell:
    return ((f"{value:,}", NUMBER),)


def _memory(row: SummaryRow) -> Cell:
    return ((format_size(row.activation_bytes), NUMBER),)


def _footer(total: SummaryTotals) -> list[Any]:
    counts = {
        "Total params": total.parameters + (total.optimizer or 0),
        "Trainable params": total.trainable,
        "Non-trainable params": total.non_trainable,
    }
    if total.optimizer is not None:
        counts["Optimizer params"] = total.optimizer
    return [
        _line(title, f"{count:,}", f"({format_size(FLOAT_BYTES * count)})")
        for title, count in counts.items()
    ]


def _line(title: str, value: str, comment: str) -> Any:
    return summary_table.make_text((f" {title}: ", "bold"), (value, NUMBER), f" {comment}")


def _show(
    model: ModelLike, table: Any, footer: list[Any], width: int | None, options: SummaryOptions
) -> None:
    title = summary_table.make_text((f'Model: "{model.name}"', "bold"))
    summary_table.show([title, table, *footer], width=width, print_fn=options.print_fn)


def format_size(size: float) -> str:
    """Return a number of bytes as Keras formats it.

    >>> format_size(0), format_size(144552), format_size(12 * 1024 * 1024)
    ('0.00 B', '141.16 KB', '12.00 MB')
    """
    units = ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.2f} {units[0]}"


def _widths(positions: Sequence[float], length: int, count: int) -> list[int]:
    """Return the widths of columns from their ends. Raises ArgumentError if one is too narrow."""
    if len(positions) < count:
        raise _positions_error(positions, count)
    ends = [0, *(int(end) for end in _absolute(positions, length))][: count + 1]
    widths = [end - start for start, end in pairwise(ends)]
    if min(widths) < 4:
        raise ArgumentError(
            "the line is too short for the table's columns. "
            f"Received: line_length={length}, positions={list(positions)}",
            hint="line_length=88",
            field="line_length",
            value=length,
        )
    return widths


def _absolute(positions: Sequence[float], length: int) -> list[float]:
    return [end * length if positions[-1] <= 1 else end for end in positions]


def _positions_error(positions: Sequence[float], count: int) -> ArgumentError:
    ends = [round((index + 1) / count, 2) for index in range(count)]
    return ArgumentError(
        f"`positions` must have the end of each of {count} columns. Received: {list(positions)}",
        hint=f"positions={ends}",
        field="positions",
        value=positions,
    )


def _is_screen() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")


__all__ = [
    "SummaryRow",
    "SummaryTotals",
    "format_size",
    "print_summary",
    "summary_rows",
    "summary_totals",
]
