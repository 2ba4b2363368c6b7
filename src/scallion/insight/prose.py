"""Numbers as they are read in a sentence."""

from math import isfinite


def percent(share: float, digits: int = 1) -> str:
    """A share as it is read: 0.9178 is `91.8 %`. Nothing is rounded up to all.

    >>> percent(0.9178), percent(0.99999), percent(1.0)
    ('91.8 %', '99.9 %', '100.0 %')
    """
    value = round(100 * share, digits)
    if value >= 100 and share < 1:
        value = 100 - 10**-digits
    return f"{value:.{digits}f} %"


def figure(value: float) -> str:
    """A loss or the like in three figures.

    >>> figure(0.41237), figure(12.0), figure(float("nan"))
    ('0.412', '12', 'not a number')
    """
    return f"{value:.3g}" if isfinite(value) else "not a number"


def counted(number: int, what: str, several: str | None = None) -> str:
    """A number with its noun: `1 epoch`, `2,000 images`, `3 classes`.

    >>> counted(1, "epoch"), counted(2000, "image"), counted(3, "class", "classes")
    ('1 epoch', '2,000 images', '3 classes')
    """
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def listed(names: list[str], most: int = 5) -> str:
    """Names one after another, and how many more there are.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('a, b and c', 'a, b and 2 more')
    """
    shown = names if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
