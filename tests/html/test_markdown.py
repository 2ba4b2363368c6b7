"""Markdown of a lesson becomes HTML that cannot run scripts."""

import pytest

from scallion.html import escape_products, markdown_to_html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("an *onion*", "<p>an <em>onion</em></p>\n"),
        ("3*3*3 = 27", "<p>3*3*3 = 27</p>\n"),
        ("`3*3*3`", "<p><code>3*3*3</code></p>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
    ],
)
def test_markdown_becomes_safe_html(markdown: str, html: str) -> None:
    assert markdown_to_html(markdown) == html


def test_tables_are_read() -> None:
    assert "<td>1</td>" in markdown_to_html("| a |\n|---|\n| 1 |\n")


def test_products_in_code_are_left_alone() -> None:
    assert escape_products("3*3 and `3*3`") == r"3\*3 and `3*3`"
