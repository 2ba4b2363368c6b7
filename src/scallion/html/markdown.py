"""Markdown to HTML, with products such as `3*3*3` kept from becoming emphasis."""

import re

from scallion.html.markup import Markup

_CODE = re.compile(r"(`[^`]*`)")
_PRODUCT = re.compile(r"(?<=[\d)])\*(?=[\d(])")


def escape_products(markdown: str) -> str:
    r"""Escape the asterisks of products, so that they are not read as emphasis; keep code as it is.

    >>> print(escape_products("3*3*3 is **27**, `3*3`"))
    3\*3\*3 is **27**, `3*3`
    """
    parts = _CODE.split(markdown.strip())
    return "".join(part if part.startswith("`") else _PRODUCT.sub(r"\\*", part) for part in parts)


def markdown_to_html(markdown: str) -> Markup:
    """Return Markdown as HTML. HTML in it is escaped, so a page's author cannot run scripts.

    >>> markdown_to_html("an *onion* <b>")
    '<p>an <em>onion</em> &lt;b&gt;</p>\\n'
    """
    from markdown_it import MarkdownIt  # slow to import

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Markup(parser.render(escape_products(markdown)))
