"""The pieces of an HTML page, every text escaped and every picture inside it."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from scallion.html.style import CSS
from scallion.plots.png_figure import PngFigure


class Section(NamedTuple):
    """A part of the page: a name for links, a heading, and HTML."""

    name: str
    title: str
    html: str


class Column(NamedTuple):
    """A column of a table; numbers stand on the right, and what is `whole` is not broken."""

    title: str
    number: bool = False
    whole: bool = False

    @property
    def kind(self) -> str:
        return _classed("n" if self.number else "w" if self.whole else "")


def page(title: str, header: str, sections: Sequence[Section], footer: str) -> str:
    """The whole file. It asks nothing of any network."""
    links = "\n".join(f'<a href="#{part.name}">{escape(part.title)}</a>' for part in sections)
    body = "\n".join(
        f'<section id="{part.name}">\n<h2>{escape(part.title)}</h2>\n{part.html}\n</section>'
        for part in sections
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        f'<header>{header}\n<nav aria-label="Sections">{links}</nav></header>\n{body}\n'
        f"<footer>{footer}</footer>\n</main>\n</body>\n</html>\n"
    ).replace(" %", "\N{NO-BREAK SPACE}%")


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{_classed(kind)}>{escape(text)}</p>"


def figure(picture: PngFigure, caption: str | None = None) -> str:
    """A picture with its description, which also stands below it."""
    data = base64.b64encode(picture.png).decode("ascii")
    width = _width(picture.png)
    return (
        f'<figure><img class="{picture.kind}" alt="{escape(picture.description)}" '
        f'style="width:{width}px" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption or picture.description)}</figcaption></figure>"
    )


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain text; cells that begin with `<span` are taken as they are."""
    head = "".join(
        f"<th{_classed('n' if c.number else '')}>{escape(c.title)}</th>" for c in columns
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{column.kind}>{cell if cell.startswith('<span') else escape(cell)}</td>"
            for column, cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{inside}</table></div>'


def bar(share: float) -> str:
    """A share as a bar for a table's cell; the number beside it says the same."""
    width = 100 * min(max(share, 0.0), 1.0)
    return f'<span class="bar" aria-hidden="true"><i style="width:{width:.1f}%"></i></span>'


def facts(pairs: Mapping[str, str]) -> str:
    """Names and values, one pair a line."""
    inside = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs.items()
    )
    return f'<dl class="facts">{inside}</dl>'


def _classed(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _width(png: bytes) -> int:
    """The width that a picture has on the page, from the header of its file; it is drawn at 150
    pixels an inch and shown at 96."""
    return round(int.from_bytes(png[16:20], "big") * 96 / 150)
