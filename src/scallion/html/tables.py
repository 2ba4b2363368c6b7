"""Tables, bars in their cells, and lists of names with values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scallion.html.markup import Markup, element


class TableColumn(NamedTuple):
    """A column's title. Numbers are aligned right; a `nowrap` column is never broken."""

    title: str
    number: bool = False
    nowrap: bool = False

    @property
    def class_(self) -> str | None:
        """The CSS class of its cells."""
        return "number" if self.number else "nowrap" if self.nowrap else None


def table(columns: Sequence[TableColumn], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table that scrolls where it is wider than the page."""
    head = element("tr", *(element("th", column.title, class_=column.class_) for column in columns))
    body = (
        element(
            "tr",
            *(
                element("td", cell, class_=column.class_)
                for column, cell in zip(columns, row, strict=True)
            ),
        )
        for row in rows
    )
    inside = element("table", element("thead", head), element("tbody", *body))
    return element("div", inside, class_="scrolled")


def bar(fraction: float) -> Markup:
    """Return a fraction as a bar for a table's cell, next to a cell with the number."""
    width = 100 * min(max(fraction, 0.0), 1.0)
    return element(
        "span", element("i", style=f"width:{width:.1f}%"), class_="bar", aria_hidden="true"
    )


def definitions(pairs: Mapping[str, str]) -> Markup:
    """Return names and their values, one pair per line."""
    parts: list[Markup] = []
    for name, value in pairs.items():
        parts += [element("dt", name), element("dd", value)]
    return element("dl", *parts, class_="definitions")
