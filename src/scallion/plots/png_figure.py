"""Figures rendered as PNG, each with a description for those who cannot see it."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scallion import files, plot_fonts
from scallion.files import StrPath

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["chart", "photo", "tiles"]


@dataclass(frozen=True, slots=True)
class PngFigure:
    """A rendered figure: name of its file, PNG bytes, description in words.

    On a dark page a `chart` is inverted. A `photo` holds images of the data, `tiles` are colours
    with a meaning: both keep their colours, and the page shows through their transparent ground.
    """

    name: str
    png: bytes
    description: str
    kind: Kind = "chart"


def render(
    figure: "Figure",
    name: str,
    description: str,
    kind: Kind = "chart",
    *,
    transparent: bool = False,
) -> PngFigure:
    """Render a Matplotlib figure; the PNG file holds its description, too."""
    png = to_png(figure, description, transparent=transparent)
    return PngFigure(name, png, description, kind)


def to_png(figure: "Figure", description: str, *, transparent: bool = False) -> bytes:
    """Return a Matplotlib figure as a PNG file with its description as metadata."""
    out = io.BytesIO()
    colour = "none" if transparent else "white"
    with drawn_literally(figure):
        figure.savefig(out, format="png", facecolor=colour, metadata={"Description": description})
    return out.getvalue()


@contextmanager
def drawn_literally(figure: "Figure") -> Iterator[None]:
    """Draw all text of a figure as it is: a class named `$x^$` is a name, not a formula."""
    import matplotlib as mpl  # slow to import

    write_literally(figure)
    with mpl.rc_context({"text.parse_math": False}):  # for the text that drawing itself makes
        yield


def write_literally(figure: "Figure") -> None:
    """Let no text of a figure be read as a formula, and find fonts that have all its letters.

    Text that is added later is not covered.
    """
    import matplotlib as mpl  # slow to import
    from matplotlib.text import Text

    # A user who has chosen another font keeps it.
    is_default = mpl.rcParams["font.family"] == ["sans-serif"] and (
        mpl.rcParams["font.sans-serif"][:1] == [plot_fonts.DEFAULT]
    )
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # type: ignore[attr-defined]
        content = text.get_text()  # type: ignore[attr-defined]
        if is_default and not content.isascii():
            text.set_text(plot_fonts.drawable_text(content))  # type: ignore[attr-defined]
            text.set_fontfamily(plot_fonts.font_families(content))  # type: ignore[attr-defined]


def save_figures(
    figures: Iterable[PngFigure], folder: StrPath, prefix: str = ""
) -> tuple[Path, ...]:
    """Write each figure as `PREFIXNAME.png` into a folder. Raises FileError."""
    home = files.make_folder(folder)
    written: list[Path] = []
    for figure in figures:
        written.append(home / f"{prefix}{figure.name}.png")
        files.write_bytes(written[-1], figure.png)
    return tuple(written)
