"""A page is one file that loads nothing and admits no script but its own."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from scallion.html import Section, build_page, data_uri, element, paragraph
from scallion.html.markup import Markup


class Reader(HTMLParser):
    """Checks that every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(**options) -> str:
    sections = [
        Section("a", "First & last", paragraph("text")),
        Section("b", "B", Markup(""), "5 min"),
    ]
    return build_page(
        "A <title>",
        header=element("h1", "Title"),
        sections=sections,
        footer=Markup("end"),
        **options,
    )


def test_every_tag_is_closed() -> None:
    for options in ({}, {"numbered": True}, {"script": "1;", "data": element("script", "{}")}):
        assert Reader(page(**options)).open == []


def test_titles_are_escaped_and_linked() -> None:
    text = page()
    assert "<title>A &lt;title&gt;</title>" in text
    assert '<a href="#a">First &amp; last</a>' in text
    assert '<section id="a"><h2>First &amp; last</h2>' in text
    assert '<p class="note">5 min</p>' in text


def test_numbered_sections_are_a_list() -> None:
    assert '<nav aria-label="Sections"><ol><li><a href="#a">' in page(numbered=True)


def test_only_its_own_script_may_run() -> None:
    script = 'const a = 1 < 2 && "</p>";'
    text = page(script=script)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"<script>{script}</script>" in text
    assert f"script-src &#x27;sha256-{digest}&#x27;" in text
    assert "script" not in re.sub("style.*?/style", "", page(), flags=re.DOTALL)


def test_nothing_is_loaded() -> None:
    text = page(css="p { color: red }")
    assert "default-src &#x27;none&#x27;" in text
    assert "p { color: red }</style>" in text
    assert "http" not in re.sub("http-equiv", "", text)


def test_bytes_become_an_address() -> None:
    assert data_uri(b"abc", "image/png") == "data:image/png;base64,YWJj"
