"""The figures that a page can ask for, by name."""

import ast
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from scallion.errors import ArgumentError, UnknownNameError
from scallion.lesson.figures.lesson_figure import LessonFigure

Numbers = dict[str, Any]


def names() -> tuple[str, ...]:
    """The names of all figures."""
    return tuple(_known())


def draw(name: str, numbers: Numbers | None = None) -> LessonFigure:
    """The figure of this name. Raises UnknownNameError, ArgumentError for numbers it cannot use.

    >>> draw("border", {"size": 28, "kernel_size": 3}).words.splitlines()[0]
    'Without a border added ("valid"): (28 - 3) // 1 + 1 = 26 places in each direction.'
    """
    return _find(name)(**with_defaults(name, numbers or {}))


def with_defaults(name: str, numbers: Numbers) -> Numbers:
    """All numbers of the figure: those given, and its own for the others."""
    known = {
        key: parameter.default
        for key, parameter in signature(_find(name)).parameters.items()
        if parameter.default is not Parameter.empty
    }
    for key in numbers:
        if key not in known:
            raise UnknownNameError(f"number of the figure {name!r}", key, known)
    return {**known, **numbers}


def change(name: str, numbers: Numbers, typed: str) -> Numbers:
    """The numbers after what was typed: `rate=0.5`, `kernel=1 0 -1 1 0 -1 1 0 -1`.

    Raises ArgumentError, UnknownNameError.
    """
    key, separator, value = typed.partition("=")
    if not separator:
        raise ArgumentError(
            f"a number is changed by its name. Received: {typed!r}",
            hint=_example(with_defaults(name, numbers)),
        )
    return with_defaults(name, {**numbers, key.strip(): _value(value.strip())})


def _example(numbers: Numbers) -> str:
    """A change that works: the first whole number, one more."""
    known = {key: value for key, value in numbers.items() if isinstance(value, int)}
    return next((f"{key}={value + 1}" for key, value in known.items()), "image=1")


def _value(text: str) -> Any:
    """A number, several numbers, or a word."""
    parts = text.replace(",", " ").replace("[", " ").replace("]", " ").split()
    try:
        values = [ast.literal_eval(part) for part in parts]
    except (ValueError, SyntaxError):
        return text
    if any(not isinstance(value, int | float) or isinstance(value, bool) for value in values):
        return text
    return values if len(values) != 1 else values[0]


def _find(name: str) -> Callable[..., LessonFigure]:
    known = _known()
    if name not in known:
        raise UnknownNameError("figure", name, known)
    return known[name]


def _known() -> dict[str, Callable[..., LessonFigure]]:
    from scallion.lesson.figures import layer_figures

    return {
        "border": layer_figures.border,
        "convolution": layer_figures.convolution,
        "dropout": layer_figures.dropout,
        "images": layer_figures.images,
        "kernel": layer_figures.kernel,
        "pooling": layer_figures.pooling,
    }
