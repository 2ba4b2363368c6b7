"""Fonts for class names in plots."""

import warnings

import numpy as np
import pytest

from scallion import plot_fonts, plots
from scallion.insight import evaluate

JAPANESE, ARABIC, GERMAN = "ねこ", "قط", "Übergröße"


@pytest.fixture
def only_default_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot_fonts, "_fonts_with", lambda _: ())


def test_letters_of_the_default_font_are_kept() -> None:
    assert plot_fonts.drawable_names([GERMAN, ARABIC]) == [GERMAN, ARABIC]
    assert plot_fonts.font_families(GERMAN) == ["DejaVu Sans"]


@pytest.mark.usefixtures("only_default_font")
def test_names_that_no_font_has_become_numbers_with_one_warning() -> None:
    plot_fonts._warn.cache_clear()
    with pytest.warns(UserWarning, match="no installed font has all letters of 'ねこ', so"):
        assert plot_fonts.drawable_names(["cat", JAPANESE]) == ["cat", "class 1"]
    assert plot_fonts.drawable_names(["cat", JAPANESE]) == ["cat", "class 1"]  # no warning
    assert plot_fonts.drawable_text("a ねこ.png") == "a ??.png"


def test_an_installed_font_that_has_the_letters_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    # No font of Matplotlib has Japanese letters, so one of them plays the part.
    letters = {ord(letter) for letter in JAPANESE}
    real = plot_fonts._letters

    def with_japanese(file: str) -> frozenset[int]:
        return frozenset(real(file) | letters) if file.endswith("STIXGeneral.ttf") else real(file)

    monkeypatch.setattr(plot_fonts, "_letters", with_japanese)
    plot_fonts._fonts_with.cache_clear()
    assert plot_fonts.font_families(f"a {JAPANESE}") == ["DejaVu Sans", "STIXGeneral"]
    assert plot_fonts.drawable_names([JAPANESE]) == [JAPANESE]
    plot_fonts._fonts_with.cache_clear()


@pytest.mark.usefixtures("only_default_font")
@pytest.mark.filterwarnings("ignore:no installed font")
def test_no_plot_of_an_evaluation_shows_boxes() -> None:
    labels = np.array([0, 1, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
    scores = evaluate(labels, probabilities)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        figures = plots.evaluation_figures(scores, [JAPANESE, "犬"])
    assert len(figures) == 3
