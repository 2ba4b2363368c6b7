"""A whole page in one file: it loads nothing, and works without a server or a network."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scallion.html.markup import Markup, element, join

_STYLE = Path(__file__).parent / "page.css"


class Section(NamedTuple):
    """A part of the page: its name in links, its heading, its content, a note below the heading."""

    name: str
    title: str
    content: Markup
    note: str = ""


def build_page(
    title: str,
    *,
    header: Markup,
    sections: Sequence[Section],
    footer: Markup,
    numbered: bool = False,
    css: str = "",
    data: Markup | None = None,
    script: str = "",
) -> str:
    """Return the file. A content security policy admits its own style, images and script only.

    The header ends with links to the sections, as a list if they are `numbered`. `css` follows the
    shared style; `data` are elements that the script reads.
    """
    head = join(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", Markup(page_style() + css)),
        separator="\n",
    )
    body = join(
        element("header", header, _links(sections, numbered=numbered)),
        *(_section(section) for section in sections),
        element("footer", footer),
        separator="\n",
    )
    end = join(data, element("script", Markup(script)), separator="\n") if script else None
    html = element(
        "html",
        element("head", Markup(f"\n{head}\n")),
        element("body", element("main", Markup(f"\n{body}\n")), end),
        lang="en",
    )
    return f"<!doctype html>\n{html}\n"


def data_uri(content: bytes, media_type: str) -> str:
    """Return bytes as a `data:` address, which a page can show without loading anything."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _section(section: Section) -> Markup:
    note = element("p", section.note, class_="note") if section.note else None
    content = join(element("h2", section.title), note, section.content, separator="\n")
    return element("section", content, id=section.name)


def _links(sections: Sequence[Section], *, numbered: bool) -> Markup:
    links = [element("a", section.title, href=f"#{section.name}") for section in sections]
    if numbered:
        content = element("ol", *(element("li", link) for link in links))
    else:
        content = join(*links, separator="\n")
    return element("nav", content, aria_label="Sections")


def _policy(script: str) -> str:
    """Return the policy; a script is admitted by its hash, so no other can run."""
    allowed = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
        allowed += f"; script-src 'sha256-{digest}'"
    return allowed


@cache
def page_style() -> str:
    """Return the style that all pages share: colours for light and dark screens, and type."""
    return _STYLE.read_text(encoding="utf-8")
