"""The check of keyword arguments of a dataclass: a misspelt name suggests the nearest."""

import functools
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from scallion.errors import UnknownNameError

T = TypeVar("T")


def refuse_unknown_names(kind: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator of dataclasses that raises UnknownNameError for an unknown keyword.

    UnknownNameError is a TypeError, as Python's own error is. `kind` names what a keyword is.

    >>> from dataclasses import dataclass
    >>> @refuse_unknown_names("option")
    ... @dataclass
    ... class Options:
    ...     epochs: int = 1
    >>> Options(epoch=2)
    Traceback (most recent call last):
        ...
    scallion.errors.UnknownNameError: unknown option. Received: 'epoch'
    hint: did you mean 'epochs'? Known: epochs
    """

    def decorate(cls: type[T]) -> type[T]:
        names = [entry.name for entry in fields(cls)]  # type: ignore[arg-type]  # a dataclass
        initialize: Callable[..., None] = cls.__init__

        @functools.wraps(initialize)
        def checked(self: T, *arguments: Any, **values: Any) -> None:
            for name in values:
                if name not in names:
                    raise UnknownNameError(kind, name, names)
            initialize(self, *arguments, **values)

        cls.__init__ = checked
        return cls

    return decorate
