"""A figure on a terminal: half blocks where there is colour, letters where there is none."""

from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from scallion.lesson.figures.lesson_figure import ImagePanel, LessonFigure

RAMP = " .:-=+*#%@"
_GAP = 3


def as_text(drawing: LessonFigure, width: int = 80, *, colour: bool = False) -> str:
    """The panels side by side, as many as fit the width, and the words below."""
    rows: list[list[ImagePanel]] = [[]]
    for panel in drawing.panels:
        taken = sum(_width(other) + _GAP for other in rows[-1])
        if rows[-1] and taken + _width(panel) > width:
            rows.append([])
        rows[-1].append(panel)
    lines = [line for row in rows if row for line in (*_row(row, colour), "")]
    return "\n".join([*lines, drawing.words])


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
    if panel.shows_numbers:
        inside = inside * (_cell(panel) + 1)
    return max(inside, len(panel.title))


def _cell(panel: ImagePanel) -> int:
    return max(len(f"{value:.3g}") for value in panel.pixels.flat)


def _lines(panel: ImagePanel, colour: bool) -> list[tuple[str, int]]:
    """Each line with the columns that it takes."""
    if panel.shows_numbers:
        cell = _cell(panel)
        texts = [" ".join(f"{value:>{cell}.3g}" for value in row) for row in panel.pixels]
        return [(text, len(text)) for text in texts]
    shades = panel.shades
    if len(shades) % 2:
        shades = np.concatenate([shades, shades[-1:]])
    pairs = zip(shades[::2], shades[1::2], strict=True)
    draw = _blocks if colour else _letters
    return [(draw(upper, lower), shades.shape[1]) for upper, lower in pairs]


def _letters(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> str:
    grey = (upper + lower) / 2
    if grey.ndim == 2:
        grey = grey @ np.array([0.299, 0.587, 0.114])  # how bright colours are to the eye
    places = np.clip((grey * len(RAMP)).astype(int), 0, len(RAMP) - 1)
    return "".join(RAMP[place] for place in places)


def _blocks(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> str:
    """Two pixels a character: the upper half block in one colour on the other."""
    cells = [
        f"\x1b[38;2;{_rgb(top)};48;2;{_rgb(bottom)}m▀"
        for top, bottom in zip(upper, lower, strict=True)
    ]
    return "".join(cells) + "\x1b[0m"


def _rgb(shade: NDArray[np.float64]) -> str:
    values = np.broadcast_to(np.round(255 * np.asarray(shade)).astype(int), (3,))
    return ";".join(map(str, values))
