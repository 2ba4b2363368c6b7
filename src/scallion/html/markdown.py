"""Markdown as lessons write it: `3*3*3` is a product, never an emphasis."""

import re

_CODE = re.compile(r"(`[^`]*`)")
_PRODUCT = re.compile(r"(?<=[\d)])\*(?=[\d(])")


def escape_products(markdown: str) -> str:
    r"""The text with its products kept from being read as emphasis; code stays as it is.

    >>> print(escape_products("3*3*3 is **27**, `3*3`"))
    3\*3\*3 is **27**, `3*3`
    """
    parts = _CODE.split(markdown.strip())
    return "".join(part if part.startswith("`") else _PRODUCT.sub(r"\\*", part) for part in parts)


def markdown_to_html(markdown: str) -> str:
    """The text as HTML. Tags in it are shown, not obeyed: a lesson's page cannot run scripts.

    >>> markdown_to_html("an *onion* <b>")
    '<p>an <em>onion</em> &lt;b&gt;</p>\\n'
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return reader.render(escape_products(markdown))
