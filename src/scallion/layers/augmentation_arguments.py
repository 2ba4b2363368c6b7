"""Checks of the arguments of augmentation layers, as strict as Keras'."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import refuse_arguments, require_channels_last

Range = tuple[float, float]
Factor = float | Range


def symmetric_range(factor: Factor) -> Range:
    """Return the range (low, high) of a factor; one number is the limit on both sides of 0.

    >>> symmetric_range(0.2), symmetric_range((0.3, -0.1))
    ((-0.2, 0.2), (-0.1, 0.3))
    """
    if isinstance(factor, tuple):
        low, high = sorted(factor)
        return (low, high)
    return (-abs(factor), abs(factor))


def checked_factor(name: str, value: Any, above: float | None = None) -> Factor:
    """Return one number or two, each from -1 to 1, or above `above`. Raises ArgumentError."""
    given = _numbers(value)
    lowest = -1.0 if above is None else above
    fits = given is not None and all(lowest <= one <= 1.0 for one in given)
    if given is None or not fits or (above is not None and above in given):
        start = "from -1" if above is None else f"above {above:g}"
        raise ArgumentError(
            f"`{name}` must be a number {start} up to 1, or two of them. "
            f"Received: {name}={value!r}",
            hint=f"{name}=0.1 or {name}=(-0.1, 0.2)",
            field=name,
            value=value,
        )
    return given[0] if len(given) == 1 else (given[0], given[1])


def checked_fraction_range(name: str, value: Any) -> Range:
    """Return a range within 0 to 1; one number is its upper end. Raises ArgumentError."""
    given = _numbers(value)
    if given is None or not all(0 <= one <= 1 for one in given):
        raise ArgumentError(
            f"`{name}` must be a number from 0 to 1, or two of them. Received: {name}={value!r}",
            hint=f"{name}=0.2 or {name}=(0.1, 0.3)",
            field=name,
            value=value,
        )
    low, high = sorted(given) if len(given) == 2 else (0, given[0])
    return (low, high)


def checked_value_range(value_range: Any) -> Range:
    """Return the range of pixel values as two numbers. Raises ArgumentError."""
    given = _numbers(value_range)
    if given is None or len(given) != 2:
        raise ArgumentError(
            f"`value_range` must be two numbers. Received: value_range={value_range!r}",
            hint="value_range=(0, 255), or (0, 1) after a Rescaling(1 / 255)",
            field="value_range",
            value=value_range,
        )
    return (given[0], given[1])


def checked_fill_value(fill_value: Any) -> float | tuple[float, ...] | None:
    """Return one value, three (a colour), or None for noise. Raises ArgumentError."""
    if fill_value is None:
        return None
    given = _as_list(fill_value)
    if len(given) not in (1, 3) or not all(map(_is_number, given)):
        raise ArgumentError(
            "`fill_value` must be a number, three of them for a colour, or None for noise. "
            f"Received: fill_value={fill_value!r}",
            hint="fill_value=0.0",
            field="fill_value",
            value=fill_value,
        )
    return cast("float", given[0]) if len(given) == 1 else tuple(given)


def _numbers(value: Any) -> list[float] | None:
    """Return one or two numbers as a list, else None."""
    given = _as_list(value)
    wanted = 2 if isinstance(value, tuple | list) else 1
    return given if len(given) == wanted and all(map(_is_number, given)) else None


def _as_list(value: Any) -> list[Any]:
    return list(cast("Sequence[Any]", value)) if isinstance(value, tuple | list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def checked_choice(name: str, value: Any, known: tuple[str, ...]) -> str:
    """Return the value if it is one of the known ones. Raises ArgumentError."""
    if value not in known:
        raise ArgumentError(
            f"`{name}` must be one of {', '.join(map(repr, known))}. Received: {name}={value!r}",
            hint=f"{name}={known[0]!r}",
            field=name,
            value=value,
        )
    return cast("str", value)


def refuse_boxes(kind: str, options: Any) -> None:
    """Refuse `bounding_box_format`, and check `data_format`, of a layer that takes both as options.

    Both are removed from `options`. Raises UnsupportedError, ArgumentError.
    """
    require_channels_last(options.pop("data_format", None))
    refuse_arguments(kind, bounding_box_format=options.pop("bounding_box_format", None))
