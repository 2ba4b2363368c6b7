"""A table that fits into a terminal of any width, without broken words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_GAP = 3  # columns of a terminal between two columns of a table


class FittingTable:
    """A table that leaves out columns, the least important first, until the others fit.

    `drop` are the heads of columns that may be left out, in this order. A column fits if none of
    its words is broken. Where even the others do not fit, each row becomes a list.
    """

    def __init__(
        self,
        heads: Sequence[str],
        drop: Sequence[str],
        *,
        numbers: Sequence[int],
        title: str | None = None,
    ) -> None:
        self._heads = heads
        self._title = title
        self._drop = drop
        self._numbers = numbers
        self._rows: list[Sequence[str]] = []

    def add_row(self, *cells: str) -> None:
        """Add a row, with a cell for each column."""
        self._rows.append(cells)

    def __rich_console__(
        self,
        console: Any,
        options: Any,
    ) -> "Iterator[RenderableType]":
        """Yield the table with the columns that fit into the width, else lists."""
        shown = list(range(len(self._heads)))
        for head in self._drop:
            if self._width(shown) <= options.max_width:
                break
            shown.remove(self._heads.index(head))
        if self._width(shown) > options.max_width:
            yield from self._lists(shown)
            return
        numbers = [place for place, column in enumerate(shown) if column in self._numbers]
        heads = [self._heads[column] for column in shown]
        widths = self._fitting_widths(shown, options.max_width)
        table = _table(heads, numbers, widths, self._title)
        for cells in self._rows:
            table.add_row(*(cells[column] for column in shown))
        yield table

    def _lists(self, columns: Sequence[int]) -> "Iterator[RenderableType]":
        from rich.text import Text  # slow to import

        if self._title:
            yield Text(self._title)
        for cells in self._rows:
            yield Text(cells[columns[0]])
            for column in columns[1:]:
                yield Text(f"  {self._heads[column]}: {cells[column]}")

    def _width(self, columns: Sequence[int]) -> int:
        """Return the columns that a terminal needs at least for these columns of the table."""
        return sum(_GAP + self._column_width(column) for column in columns)

    def _fitting_widths(self, columns: Sequence[int], width: int) -> list[int]:
        """Return the width of each column: that of its text, or less where words can be wrapped.

        Rich shrinks the widest column first, also below its longest word.
        """
        from rich.cells import cell_len  # slow to import

        least = [self._column_width(column) for column in columns]
        widths = [
            max(map(cell_len, [self._heads[column], *(row[column] for row in self._rows)]))
            for column in columns
        ]
        room = width - _GAP * len(columns)
        while sum(widths) > room:
            _, widest = max(
                (widths[place], place)
                for place in range(len(widths))
                if widths[place] > least[place]
            )
            widths[widest] -= 1
        return widths

    def _column_width(self, column: int) -> int:
        from rich.cells import cell_len  # slow to import

        is_number = column in self._numbers
        cells = [row[column] for row in self._rows]
        parts = cells if is_number else [part for cell in cells for part in cell.split()]
        return max(map(cell_len, [*parts, *self._heads[column].split()]), default=0)


def _table(
    heads: Sequence[str], numbers: Sequence[int], widths: Sequence[int], title: str | None
) -> "Table":
    """Return an empty table whose columns `numbers` are right-aligned."""
    from rich import box  # slow to import
    from rich.table import Table  # slow to import

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for index, head in enumerate(heads):
        is_number = index in numbers
        table.add_column(
            head,
            justify="right" if is_number else "left",
            overflow="fold",
            width=widths[index],
            no_wrap=is_number,
        )
    return table
