"""Tables, bars and definitions."""

import pytest

from scallion.html import TableColumn, bar, definitions, table


def test_cells_are_escaped_and_bars_are_not() -> None:
    columns = [TableColumn("Class"), TableColumn("F1", number=True), TableColumn("")]
    found = table(columns, [("<span>a & b", "0.5", bar(0.5))])
    assert "<td>&lt;span&gt;a &amp; b</td>" in found
    assert '<th class="number">F1</th>' in found
    assert '<td class="number">0.5</td>' in found
    assert (
        '<td><span class="bar" aria-hidden="true"><i style="width:50.0%"></i></span></td>' in found
    )


def test_rows_must_fit_the_columns() -> None:
    with pytest.raises(ValueError, match="zip"):
        table([TableColumn("a")], [("1", "2")])


@pytest.mark.parametrize(("fraction", "width"), [(-1.0, "0.0"), (0.25, "25.0"), (7.0, "100.0")])
def test_bars_stay_within_their_cell(fraction: float, width: str) -> None:
    assert f"width:{width}%" in bar(fraction)


def test_definitions_are_names_and_values() -> None:
    assert definitions({"Name": "<x>"}) == (
        '<dl class="definitions"><dt>Name</dt><dd>&lt;x&gt;</dd></dl>'
    )
