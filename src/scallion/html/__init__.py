"""The kit of all HTML pages: page and style, escaping, Markdown, tables, figures."""

from scallion.html.figures import png_figure, svg_figure
from scallion.html.markdown import escape_products, markdown_to_html
from scallion.html.markup import Markup, code_block, element, join, paragraph
from scallion.html.page import Section, build_page, data_uri, page_style
from scallion.html.tables import TableColumn, bar, definitions, table

__all__ = [
    "Markup",
    "Section",
    "TableColumn",
    "bar",
    "build_page",
    "code_block",
    "data_uri",
    "definitions",
    "element",
    "escape_products",
    "join",
    "markdown_to_html",
    "page_style",
    "paragraph",
    "png_figure",
    "svg_figure",
    "table",
]
