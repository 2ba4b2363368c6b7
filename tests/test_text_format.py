"""Numbers and durations as texts."""

import pytest

from scallion.text_format import duration, percent


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, "0.0 %"), (0.99996, "99.9 %"), (1, "100.0 %"), (0.0004, "0.0 %")]
)
def test_a_fraction_below_one_is_never_100_percent(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (7199.9, "2 h 0 min"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text
