"""Figures with a caption: PNG files and SVG drawings inside the page."""

from scallion.html.markup import Markup, element
from scallion.html.page import data_uri
from scallion.plots import PngFigure


def png_figure(figure: PngFigure, caption: str | None = None) -> Markup:
    """Return a figure with its description as alternative text and, without `caption`, below it."""
    image = element(
        "img",
        class_=figure.kind,
        alt=figure.description,
        style=f"width:{_width(figure.png)}px",
        src=data_uri(figure.png, "image/png"),
    )
    return element("figure", image, element("figcaption", caption or figure.description))


def svg_figure(svg: str, caption: str) -> Markup:
    """Return an SVG drawing, which must not hold text of others unescaped, with its caption."""
    return element("figure", Markup(svg), element("figcaption", caption))


def _width(png: bytes) -> int:
    """Return the width in CSS pixels, 96 per inch, of a PNG rendered at 150 dots per inch."""
    return round(int.from_bytes(png[16:20], "big") * 96 / 150)
