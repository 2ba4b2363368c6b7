"""Tables with a line around every cell, as Keras 3 prints a summary: in a terminal, a notebook, a
pipe, or inside the message of an error."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

# What Keras colours: layer types, numbers, and the None of the batch.
KIND, NUMBER, BATCH = "color(33)", "color(34)", "color(45)"

Piece = str | tuple[str, str]
Cell = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A title, where its cells lean, and a width without the lines, or None for what they need."""

    title: str
    justify: Literal["left", "center", "right"] = "left"
    width: int | None = None


def table(
    columns: Iterable[TableColumn],
    rows: Iterable[Sequence[Cell]],
    width: int | None,
    *,
    has_lines: bool = True,
) -> "Table":
    """The table as rich draws it; cells are sequences of texts, each with a style if it has one."""
    from rich import table as rich_table

    drawn = rich_table.Table(
        *(
            rich_table.Column(column.title, justify=column.justify, width=column.width)
            for column in columns
        ),
        width=width,
        show_lines=has_lines,
    )
    for row in rows:
        drawn.add_row(*(text(*cell) for cell in row))
    return drawn


def text(*pieces: Piece) -> "Text":
    """One line from its pieces; brackets in a layer's name stay brackets."""
    from rich.text import Text

    return Text.assemble(*pieces)


def layer_cell(name: str, kind: str) -> Cell:
    """`conv2d (Conv2D)`."""
    return (f"{name} (", (kind, KIND), ")")


def shape_cell(shape: tuple[int | None, ...] | None) -> Cell:
    """`(None, 30, 30, 32)`, or a question mark while the shape is not known."""
    if shape is None:
        return ("?",)
    pieces: list[Piece] = []
    for size in shape:
        pieces += [", " if pieces else "(", (str(size), BATCH if size is None else NUMBER)]
    return (*pieces, ")")


def show(
    parts: Iterable[Any], *, width: int | None, print_fn: Callable[[str], Any] | None = None
) -> None:
    """Print what rich can draw: in colour where a terminal or a notebook shows it, plain in a
    pipe, and as one plain text to `print_fn`. `width` is what the widest line takes."""
    if print_fn is not None:
        print_fn(plain(parts, width=width))
        return
    console = _console(width)
    for part in parts:
        console.print(part)


def plain(parts: Iterable[Any], *, width: int | None) -> str:
    """The same as text without colours."""
    console = _console(width, force_terminal=False, force_jupyter=False, color_system=None)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def _console(width: int | None, **options: Any) -> Any:
    from rich.console import Console

    console = Console(highlight=False, **options)
    # Rich cuts what is wider than the screen; a longer line was asked for, so let it be longer.
    if width is not None and width > console.width:
        console.width = width
    return console
