"""Tables in terminals of any width."""

import io

import pytest
from rich.cells import cell_len
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


@pytest.mark.parametrize("width", range(20, 101))
def test_no_word_of_a_long_cell_is_broken(width: int) -> None:
    table = FittingTable(("image", "class", "share", "others", ""), ("others",), numbers=(2,))
    table.add_row("b 0.png", "rot", "99.9 %", "<b>gelb 0.0 %, dunkelgrün 0.0 %", "")
    table.add_row("b 10.png", "hell blau", "9.9 %", "rot 0.0 %, schwarz 0.0 %", "not sure")
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    words = out.getvalue().split()
    whole = {"b", "0.png", "rot", "99.9", "%", "<b>gelb", "0.0", "%,", "dunkelgrün", "10.png"}
    whole |= {"hell", "blau", "9.9", "schwarz", "not", "sure"}
    heads = {"image", "class", "share", "others", "class:", "share:", "others:", ":"}
    assert {word for word in words if word.strip("─")} <= whole | heads
    assert max(map(cell_len, out.getvalue().splitlines())) <= width


def test_less_important_columns_go_first() -> None:
    assert "91.2 %" in shown(80)
    assert "91.2 %" not in shown(45)


def test_what_does_not_fit_becomes_a_list() -> None:
    assert shown(25).startswith("runs/fashion-mnist-1\n  status: interrupted\n")
