"""Names of classes above images."""

import pytest

from scallion.plots.image_grid import wrap_name


@pytest.mark.parametrize("name", ["Pferde am Fluss", "Pferde am Flussufer im Winter", "cat"])
def test_names_of_classes_are_whole(name: str) -> None:
    assert wrap_name(name, 12).replace("\n", " ") == name


def test_a_name_too_long_for_its_lines_keeps_its_end() -> None:
    wrapped = wrap_name("blood smear, stained, patient 17, plate 4", 12, lines=2)
    assert "…" in wrapped
    assert wrapped.endswith("plate 4")
    assert max(map(len, wrapped.split("\n"))) <= 12
