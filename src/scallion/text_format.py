"""Text formats of numbers, durations, counts and lists, for sentences and tables."""

from collections.abc import Sequence
from math import isfinite


def percent(fraction: float, digits: int = 1) -> str:
    """Return a fraction as a percentage; a fraction below 1 is never rounded up to 100 %.

    >>> percent(0.9178), percent(0.99999), percent(1.0)
    ('91.8 %', '99.9 %', '100.0 %')
    """
    value = round(100 * fraction, digits)
    if value >= 100 and fraction < 1:
        value = 100 - 10**-digits
    return f"{value:.{digits}f} %"


def three_digits(value: float) -> str:
    """Return a loss or another value with three significant digits.

    >>> three_digits(0.41237), three_digits(12.0), three_digits(float("nan"))
    ('0.412', '12', 'not a number')
    """
    return f"{value:.3g}" if isfinite(value) else "not a number"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return a count with its noun, in the plural (`nouns`, else with an s) unless it is one.

    >>> plural(1, "epoch"), plural(2000, "image"), plural(3, "class", "classes")
    ('1 epoch', '2,000 images', '3 classes')
    """
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def join_names(names: Sequence[str], most: int = 5) -> str:
    """Return the first `most` names joined by commas and "and", and how many more there are.

    >>> join_names(["a", "b", "c"]), join_names(["a", "b", "c", "d"], most=2)
    ('a, b and c', 'a, b and 2 more')
    """
    shown = list(names) if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> duration(7.31), duration(71), duration(3700)
    ('7.3 s', '1 min 11 s', '1 h 1 min')
    """
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
