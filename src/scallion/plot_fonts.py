"""Fonts for texts of plots: Matplotlib's own font lacks Japanese, Korean and other letters.

An installed font that has them is used. Names that no font can draw are replaced, with one warning,
so that no plot shows boxes in place of letters.
"""

import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

DEFAULT = "DejaVu Sans"  # it is part of Matplotlib


def font_files(text: str) -> list[str]:
    """Return the paths of the fonts that a text needs, the default font first.

    What no font has is left out.
    """
    default = _default_file()
    missing = _missing(default, text)
    return [default, *_fonts_with(missing)] if missing else [default]


def font_families(text: str) -> list[str]:
    """Return the names of the fonts that a text needs, for Matplotlib's `fontfamily`."""
    from matplotlib import font_manager  # slow to import

    names = {font.fname: font.name for font in font_manager.fontManager.ttflist}
    return [DEFAULT, *(names[file] for file in font_files(text)[1:])]


def drawable_text(text: str) -> str:
    """Return the text with `?` in place of each letter that no installed font has."""
    missing = _missing(_default_file(), text)
    for file in _fonts_with(missing) if missing else ():
        missing = _missing(file, missing)
    return "".join("?" if letter in missing else letter for letter in text) if missing else text


def drawable_names(names: Sequence[str]) -> list[str]:
    """Return class names, with `class 3` in place of one that no installed font can draw.

    Warns once per list of names.
    """
    found = [
        name if drawable_text(name) == name else f"class {number}"
        for number, name in enumerate(names)
    ]
    replaced = tuple(name for name, drawn in zip(names, found, strict=True) if name != drawn)
    if replaced:
        _warn(replaced)
    return found


@lru_cache(maxsize=64)
def _warn(names: tuple[str, ...]) -> None:
    warnings.warn(
        f"no installed font has all letters of {', '.join(map(repr, names[:3]))}"
        f"{' and others' if len(names) > 3 else ''}, so plots name such classes by their number; "
        "fonts like Noto Sans CJK have them",
        stacklevel=4,
    )


@lru_cache(maxsize=1)
def _default_file() -> str:
    from matplotlib import font_manager  # slow to import

    return font_manager.findfont(DEFAULT)


@lru_cache(maxsize=256)
def _letters(file: str) -> frozenset[int]:
    """Return the letters of a font; none for one that cannot be read."""
    from matplotlib.ft2font import FT2Font  # slow to import

    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()


def _missing(file: str, text: Iterable[str]) -> str:
    """Return the letters that a font lacks; spaces and control characters have no shape."""
    letters = _letters(file)
    return "".join(
        letter
        for letter in dict.fromkeys(text)
        if ord(letter) not in letters and unicodedata.category(letter) not in _SHAPELESS
    )


_SHAPELESS = ("Zs", "Zl", "Zp", "Cc", "Cf", "Mn")


@lru_cache(maxsize=256)
def _fonts_with(missing: str) -> tuple[str, ...]:
    """Return installed fonts that have these letters: one with all, or as many as needed."""
    from matplotlib import font_manager  # slow to import

    chosen: list[str] = []
    installed = [font for font in font_manager.fontManager.ttflist if not _is_last_resort(font)]
    fonts = sorted(installed, key=_plainness)
    left = missing
    while left:
        best = min(fonts, key=lambda font: len(_missing(font.fname, left)), default=None)
        if best is None or len(_missing(best.fname, left)) == len(left):
            break
        chosen.append(best.fname)
        left = _missing(best.fname, left)
    return tuple(chosen)


def _is_last_resort(font: Any) -> bool:
    """Return whether a font draws a box for every letter, as macOS' LastResort does."""
    return "lastresort" in font.name.lower().replace(" ", "")


def _plainness(font: Any) -> tuple[bool, int, str]:
    """Return a key that sorts upright and regular fonts first."""
    weight = int(font.weight) if str(font.weight).isdigit() else 400
    return font.style != "normal", abs(weight - 400), font.fname


__all__ = ["drawable_names", "drawable_text", "font_families", "font_files"]
