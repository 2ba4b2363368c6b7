"""Whatever a text looks like, a page shows it and gains no element from it."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from scallion.graph.diagram import draw
from scallion.html import (
    Section,
    TableColumn,
    build_page,
    code_block,
    definitions,
    element,
    join,
    markdown_to_html,
    paragraph,
    svg_figure,
    table,
)
from scallion.layers import Dense, Input
from scallion.models import Model

# Pieces of HTML put together, and any text of characters that pages can hold.
PIECES = [
    "<span", "<span class='x'>", "</td>", "</table>", "<!--", "-->", "&lt;", "&#60;b>", '"', "'",
    " onload=", "<script>", "</script>", "</style>", "]]>", "<img src=x onerror=alert(1)>", "a",
    " %",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
)


class Reader(HTMLParser):
    """Collects tags with the names of their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append("a comment")


def page(text: str) -> str:
    content = join(
        text,
        paragraph(text, class_=text),
        code_block(text),
        table([TableColumn(text)], [[text], [element("b", text, title=text)]]),
        definitions({text: text}),
        svg_figure(draw(_network(text).graph, text).svg(), text),
    )
    return build_page(
        text, header=element("h1", text), sections=[Section("a", text, content, text)],
        footer=element("p", text),
    )  # fmt: skip


def _network(name: str) -> Model:
    start = Input((2, 2, 1))
    return Model(start, Dense(2, name=name.replace("/", "|"))(start))


@given(text=HOSTILE)
def test_a_page_gains_no_element_from_a_text(text: str) -> None:
    plain, hostile = Reader(page("plain")), Reader(page(text))
    assert hostile.tags == plain.tags
    shown = text.replace(" %", "\N{NO-BREAK SPACE}%")
    assert hostile.text.count(shown) >= 8


@given(text=HOSTILE)
def test_markdown_runs_no_html_of_its_author(text: str) -> None:
    tags = Reader(markdown_to_html(text)).tags
    assert not {tag[0] for tag in tags if isinstance(tag, tuple)} & {"script", "span", "style"}
    assert all("onerror" not in tag[1] for tag in tags if isinstance(tag, tuple))
