"""HTML elements whose text is always escaped: the one place where HTML is put together."""

from html import escape

_VOID = frozenset({"img", "input", "link", "meta"})
_VERBATIM = frozenset({"code", "pre", "option", "textarea"})


class Markup(str):
    """Finished HTML. Any other text is escaped where it enters an element."""

    __slots__ = ()


Content = str | None
Attribute = str | int | float | bool | None


def element(tag: str, *content: Content, **attributes: Attribute) -> Markup:
    """Return an element with escaped text. Attributes that are None or False are left out.

    An attribute's trailing underscore is dropped and other underscores become dashes. A space
    before a percent sign becomes a no-break space, except in code.

    >>> element("p", "a < b, 5 %", element("b", "!"), class_="note")
    '<p class="note">a &lt; b, 5\\xa0%<b>!</b></p>'
    """
    given = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{given}>")
    inside = "".join(_escaped(part, verbatim=tag in _VERBATIM) for part in content)
    return Markup(f"<{tag}{given}>{inside}</{tag}>")


def join(*parts: Content, separator: str = "") -> Markup:
    """Return all parts one after another, texts escaped.

    >>> join("<", element("i", "x"))
    '&lt;<i>x</i>'
    """
    return Markup(separator.join(_escaped(part) for part in parts))


def paragraph(text: str, class_: str | None = None) -> Markup:
    """Return a paragraph of plain text."""
    return element("p", text, class_=class_)


def code_block(source: str, class_: str | None = None) -> Markup:
    """Return a program or a command as it is typed."""
    return element("pre", element("code", source), class_=class_)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = name.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _escaped(part: Content, *, verbatim: bool = False) -> str:
    if part is None or isinstance(part, Markup):
        return part or ""
    text = escape(part, quote=False)
    return text if verbatim else text.replace(" %", "\N{NO-BREAK SPACE}%")
