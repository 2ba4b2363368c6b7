"""Figures carry their description."""

from scallion.html import png_figure, svg_figure
from scallion.plots import PngFigure

HEADER = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (300).to_bytes(4, "big") + bytes(4)


def test_a_png_has_its_description_and_size() -> None:
    found = png_figure(PngFigure("curves", HEADER, 'Loss & "more".'))
    assert 'alt="Loss &amp; &quot;more&quot;."' in found
    assert '<figcaption>Loss &amp; "more".</figcaption>' in found
    assert 'class="chart"' in found
    assert "width:192px" in found  # 300 / 150 * 96


def test_a_caption_replaces_the_visible_description() -> None:
    found = png_figure(PngFigure("curves", HEADER, "Long.", "photo"), "Short.")
    assert 'alt="Long."' in found
    assert "<figcaption>Short.</figcaption>" in found


def test_an_svg_is_inside_the_page() -> None:
    assert svg_figure("<svg></svg>", "A & B") == (
        "<figure><svg></svg><figcaption>A &amp; B</figcaption></figure>"
    )
