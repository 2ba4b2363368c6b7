"""Numbers and calculations as people type them."""

import pytest

from scallion.errors import ArgumentError
from scallion.lesson.answers.number_input import read_number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("307300", 307300),
        ("307,300", 307300),
        ("307 300", 307300),
        ("307'300", 307300),
        ("1,234,567", 1234567),
        ("  42. ", 42),
        ("32*32*3*100 + 100", 307300),
        ("32 x 32 × 3 · 100+100", 307300),
        ("(32*32*3)*100 + 100 = 307300", 307300),
        ("3^2*3*100", 2700),
        ("3.073e5", 307300),
        ("0.25", 0.25),
        ("25 %", 0.25),
        ("-4", -4),
        (12, 12),
    ],
)
def test_numbers_and_calculations_are_read(typed, value) -> None:
    assert read_number(typed) == value


@pytest.mark.parametrize(
    "typed", ["", "many", "1/0", "9**9**9", "2**999", "__import__('os')", "1e400", "(" * 500, "1,2"]
)
def test_other_text_is_refused_and_never_executed(typed) -> None:
    with pytest.raises(ArgumentError, match="not a number"):
        read_number(typed)
