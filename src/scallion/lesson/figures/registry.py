"""The figures that a page can name, and their settings."""

import ast
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from scallion.errors import ArgumentError, UnknownNameError
from scallion.lesson.figures import layer_figures
from scallion.lesson.figures.lesson_figure import LessonFigure

Settings = dict[str, Any]

_FIGURES: dict[str, Callable[..., LessonFigure]] = {
    "border": layer_figures.border,
    "convolution": layer_figures.convolution,
    "dropout": layer_figures.dropout,
    "images": layer_figures.images,
    "kernel": layer_figures.kernel,
    "pooling": layer_figures.pooling,
}


def names() -> tuple[str, ...]:
    """Return the names of all figures."""
    return tuple(_FIGURES)


def draw(name: str, settings: Settings | None = None) -> LessonFigure:
    """Draw the figure of this name. Raises UnknownNameError, ArgumentError for wrong settings.

    >>> draw("border", {"size": 28, "kernel_size": 3}).text.splitlines()[0]
    'Without a border added ("valid"): (28 - 3) // 1 + 1 = 26 places in each direction.'
    """
    return _find(name)(**with_defaults(name, settings or {}))


def with_defaults(name: str, settings: Settings) -> Settings:
    """Return the settings with the figure's defaults for the others. Raises UnknownNameError."""
    defaults = {
        key: parameter.default
        for key, parameter in signature(_find(name)).parameters.items()
        if parameter.default is not Parameter.empty
    }
    for key in settings:
        if key not in defaults:
            raise UnknownNameError(f"setting of the figure {name!r}", key, defaults)
    return {**defaults, **settings}


def change(name: str, settings: Settings, typed: str) -> Settings:
    """Return the settings with a typed change, `rate=0.5` or `kernel=1 0 -1 1 0 -1 1 0 -1`.

    Raises ArgumentError, UnknownNameError.
    """
    key, separator, value = typed.partition("=")
    if not separator:
        raise ArgumentError(
            f"a change is the name of a setting and a value. Received: {typed!r}",
            hint=_example(with_defaults(name, settings)),
        )
    return with_defaults(name, {**settings, key.strip(): _parse(value.strip())})


def _example(settings: Settings) -> str:
    """Return an example of a changed setting: the first integer, increased by one."""
    integers = {key: value for key, value in settings.items() if isinstance(value, int)}
    return next((f"{key}={value + 1}" for key, value in integers.items()), "image=1")


def _parse(text: str) -> Any:
    """Return a number, a list of numbers, or the text itself."""
    parts = text.replace(",", " ").replace("[", " ").replace("]", " ").split()
    try:
        values = [ast.literal_eval(part) for part in parts]
    except (ValueError, SyntaxError):
        return text
    if any(not isinstance(value, int | float) or isinstance(value, bool) for value in values):
        return text
    return values if len(values) != 1 else values[0]


def _find(name: str) -> Callable[..., LessonFigure]:
    if name not in _FIGURES:
        raise UnknownNameError("figure", name, _FIGURES)
    return _FIGURES[name]
