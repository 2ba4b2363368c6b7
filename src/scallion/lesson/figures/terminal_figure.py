"""A figure as text: half blocks in colour, or characters from light to dark."""

from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from scallion.lesson.figures.lesson_figure import ImagePanel, LessonFigure

_CHARACTERS = " .:-=+*#%@"
_GAP = 3


def as_text(figure: LessonFigure, width: int = 80, *, colour: bool = False) -> str:
    """Return the panels next to each other, as many as fit the width, and the text below."""
    rows: list[list[ImagePanel]] = [[]]
    for panel in figure.panels:
        used = sum(_width(other) + _GAP for other in rows[-1])
        if rows[-1] and used + _width(panel) > width:
            rows.append([])
        rows[-1].append(panel)
    lines = [line for row in rows if row for line in (*_row(row, colour), "")]
    return "\n".join([*lines, figure.text])


def _row(panels: list[ImagePanel], colour: bool) -> list[str]:
    columns = [[(panel.title, len(panel.title)), *_lines(panel, colour)] for panel in panels]
    widths = [_width(panel) for panel in panels]
    out: list[str] = []
    for cells in zip_longest(*columns, fillvalue=("", 0)):
        padded = [text + " " * (w - n) for (text, n), w in zip(cells, widths, strict=True)]
        out.append((" " * _GAP).join(padded).rstrip())
    return out


def _width(panel: ImagePanel) -> int:
    inside = panel.pixels.shape[1]
    if panel.shows_values:
        inside = inside * (_cell(panel) + 1)
    return max(inside, len(panel.title))


def _cell(panel: ImagePanel) -> int:
    return max(len(f"{value:.3g}") for value in panel.pixels.flat)


def _lines(panel: ImagePanel, colour: bool) -> list[tuple[str, int]]:
    """Return each line with its width in columns, which colour codes do not count."""
    if panel.shows_values:
        cell = _cell(panel)
        texts = [" ".join(f"{value:>{cell}.3g}" for value in row) for row in panel.pixels]
        return [(text, len(text)) for text in texts]
    pixels = panel.brightness
    if len(pixels) % 2:
        pixels = np.concatenate([pixels, pixels[-1:]])
    pairs = zip(pixels[::2], pixels[1::2], strict=True)
    draw = _blocks if colour else _characters
    return [(draw(upper, lower), pixels.shape[1]) for upper, lower in pairs]


def _characters(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> str:
    grey = (upper + lower) / 2
    if grey.ndim == 2:
        grey = grey @ np.array([0.299, 0.587, 0.114])  # luma of ITU-R BT.601
    places = np.clip((grey * len(_CHARACTERS)).astype(int), 0, len(_CHARACTERS) - 1)
    return "".join(_CHARACTERS[place] for place in places)


def _blocks(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> str:
    """Return a line with two pixels per character: an upper half block on the lower colour."""
    cells = [
        f"\x1b[38;2;{_rgb(top)};48;2;{_rgb(bottom)}m▀"
        for top, bottom in zip(upper, lower, strict=True)
    ]
    return "".join(cells) + "\x1b[0m"


def _rgb(pixel: NDArray[np.float64]) -> str:
    values = np.broadcast_to(np.round(255 * np.asarray(pixel)).astype(int), (3,))
    return ";".join(map(str, values))
