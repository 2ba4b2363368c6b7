"""Text is escaped wherever it enters a page."""

import pytest

from scallion.html import Markup, code_block, element, join, paragraph


def test_text_and_attributes_are_escaped() -> None:
    found = element("a", "<b> & 'c'", href='"><script>')
    assert found == "<a href=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt; &amp; 'c'</a>"


def test_finished_markup_is_not_escaped_again() -> None:
    assert element("p", element("i", "<")) == "<p><i>&lt;</i></p>"
    assert join("<", element("i", "x")) == "&lt;<i>x</i>"


def test_added_strings_are_escaped_when_used() -> None:
    assert element("p", element("i", "x") + "<") == "<p>&lt;i&gt;x&lt;/i&gt;&lt;</p>"


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"class_": "note"}, ' class="note"'),
        ({"data_question": "a"}, ' data-question="a"'),
        ({"hidden": True}, " hidden"),
        ({"hidden": False, "class_": None}, ""),
        ({"value": ""}, ' value=""'),
        ({"min": 0, "step": 0.05}, ' min="0" step="0.05"'),
    ],
)
def test_attributes_are_written_as_html(attributes: dict, text: str) -> None:
    assert element("input", **attributes) == f"<input{text}>"


def test_numbers_and_percent_signs_stay_on_one_line() -> None:
    assert paragraph("5 % of") == "<p>5\N{NO-BREAK SPACE}% of</p>"


def test_code_keeps_its_spaces() -> None:
    assert code_block("a % b") == "<pre><code>a % b</code></pre>"


def test_nothing_is_joined_to_nothing() -> None:
    assert join(None, "") == ""
    assert isinstance(join(), Markup)
