"""Tables in terminals of any width."""

import io

import pytest
from rich.console import Console

from scallion.report.fitting_table import FittingTable

ROWS = [("runs/fashion-mnist-1", "interrupted", "91.2 %"), ("runs/cells-12", "finished", "7.0 %")]


def shown(width: int) -> str:
    table = FittingTable(("run", "status", "validation"), ("validation",), numbers=(2,))
    for row in ROWS:
        table.add_row(*row)
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    return out.getvalue()


@pytest.mark.parametrize("width", range(20, 101, 5))
def test_no_word_is_broken_at_any_width(width: int) -> None:
    text = shown(width)
    assert all(word in text for row in ROWS for word in row[:2])
    assert max(map(len, text.splitlines())) <= width


def test_less_important_columns_go_first() -> None:
    assert "91.2 %" in shown(80)
    assert "91.2 %" not in shown(45)


def test_what_does_not_fit_becomes_a_list() -> None:
    assert shown(25).startswith("runs/fashion-mnist-1\n  status: interrupted\n")
