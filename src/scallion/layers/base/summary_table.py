"""Tables of layers as Keras 3 prints a summary: for a terminal, notebook, pipe or error message."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

# rich is heavy to import, so each function that draws imports it.
if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

# Keras' colours of layer types, of values, and of the batch size.
KIND, NUMBER, BATCH = "color(33)", "color(34)", "color(45)"

Piece = str | tuple[str, str]
Cell = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class SummaryColumn:
    """A title, the alignment, and the width without lines; None fits the cells."""

    title: str
    justify: Literal["left", "center", "right"] = "left"
    width: int | None = None


def make_table(
    columns: Iterable[SummaryColumn],
    rows: Iterable[Sequence[Cell]],
    width: int | None,
    *,
    has_lines: bool = True,
) -> "Table":
    """Return a rich table; a cell is a sequence of texts, each alone or with its style."""
    from rich import table as rich_table  # slow to import

    table = rich_table.Table(
        *(
            rich_table.Column(column.title, justify=column.justify, width=column.width)
            for column in columns
        ),
        width=width,
        show_lines=has_lines,
    )
    for row in rows:
        table.add_row(*(make_text(*cell) for cell in row))
    return table


def make_text(*pieces: Piece) -> "Text":
    """Return one line from its pieces, without interpreting brackets as markup."""
    from rich.text import Text  # slow to import

    return Text.assemble(*pieces)


def layer_cell(name: str, kind: str) -> Cell:
    """Return the cell `conv2d (Conv2D)`."""
    return (f"{name} (", (kind, KIND), ")")


def shape_cell(shape: tuple[int | None, ...] | None) -> Cell:
    """Return the cell `(None, 30, 30, 32)`, or `?` if the shape is not known yet."""
    if shape is None:
        return ("?",)
    pieces: list[Piece] = []
    for size in shape:
        pieces += [", " if pieces else "(", (str(size), BATCH if size is None else NUMBER)]
    return (*pieces, ")")


def show(
    parts: Iterable[Any], *, width: int | None, print_fn: Callable[[str], Any] | None = None
) -> None:
    """Print rich objects: coloured in a terminal or notebook, plain in a pipe.

    `print_fn` gets all of it as one plain text instead. `width` is that of the widest line.
    """
    if print_fn is not None:
        print_fn(as_plain_text(parts, width=width))
        return
    console = _console(width)
    for part in parts:
        console.print(part)


def as_plain_text(parts: Iterable[Any], *, width: int | None) -> str:
    """Return rich objects as text without colours."""
    console = _console(width, force_terminal=False, force_jupyter=False, color_system=None)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def _console(width: int | None, **options: Any) -> Any:
    from rich.console import Console  # slow to import

    console = Console(highlight=False, **options)
    # Rich truncates what is wider than the screen; a longer line was requested, so allow it.
    if width is not None and width > console.width:
        console.width = width
    return console
