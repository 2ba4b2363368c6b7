"""Every error that Scallion raises, in one tree.

    ScallionError
    ├── ArgumentError        (ValueError)    an argument has a value that cannot work
    │   ├── ArgumentTypeError (TypeError)    an argument of a kind that cannot work
    │   │   └── UnknownNameError             a name that is not in its table; proposes the nearest
    │   └── ShapeError                       shapes that do not fit; names the layer
    ├── UnsupportedError     (NotImplementedError, ValueError)  a Keras feature that is not there
    │   └── MissingModuleError (ImportError)   a module of Keras or TensorFlow that is not there
    ├── StateError           (ValueError)    a call that comes too early: `fit` before `compile`
    ├── DataError            (ValueError)    images or labels that cannot be trained on
    ├── TrainingError        (ArithmeticError, RuntimeError)  the loss is NaN
    ├── MissingFileError         (FileNotFoundError)  a file or folder that is not there
    ├── FileError            (OSError)       a file that cannot be read or written, or is damaged
    │   └── DownloadError                    a download that failed; says where to put the file
    ├── EngineError          (RuntimeError)  the engine refuses; never the user's fault alone
    └── UnknownAttributeError (AttributeError)  a name that a module does not have

Where Keras raises one of Python's errors for an argument, ours is one of the same kind.

A message says where, what is wrong, and the value received. The hint is one edit that works.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class ScallionError(Exception):
    """The root of the tree: a message, and a hint that `str()` shows on a line of its own."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.message, self.hint)


def _again(kind: type[ScallionError], message: str, hint: str | None) -> ScallionError:
    """The error as it was, in another process."""
    error = kind.__new__(kind)
    ScallionError.__init__(error, message, hint=hint)
    return error


class ArgumentError(ScallionError, ValueError):
    """An argument has a value that cannot work."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of a kind that cannot work."""


class UnknownNameError(ArgumentTypeError):
    """A name that is not in its table.

    >>> print(UnknownNameError("optimizer", "adm", ["adam", "sgd"]))
    unknown optimizer. Received: 'adm'
    hint: did you mean 'adam'? Known: adam, sgd
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        lowered = {candidate.lower(): candidate for candidate in names}
        close = get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.5)
        proposal = f"did you mean {lowered[close[0]]!r}? " if close else ""
        super().__init__(
            f"unknown {kind}. Received: {name!r}", hint=f"{proposal}Known: {', '.join(names)}"
        )


class ShapeError(ArgumentError):
    """Shapes that do not fit."""


class UnsupportedError(ScallionError, NotImplementedError, ValueError):
    """A feature of Keras that Scallion does not have; the hint says what to use instead."""


class MissingModuleError(UnsupportedError, ImportError):
    """A module of Keras or TensorFlow that Scallion has nothing for."""


class StateError(ScallionError, ValueError):
    """A call that comes too early, such as `fit` before `compile`."""


class DataError(ScallionError, ValueError):
    """Images or labels that cannot be trained on or predicted."""


class TrainingError(ScallionError, ArithmeticError, RuntimeError):
    """Training cannot go on: the loss is no longer a number."""


class FileError(ScallionError, OSError):
    """A file that cannot be read or written, or that is damaged."""


class MissingFileError(ScallionError, FileNotFoundError):
    """A file or folder that is not there."""


class DownloadError(FileError):
    """A download that failed; the hint says where to put the file by hand."""


class EngineError(ScallionError, RuntimeError):
    """The engine cannot do what was asked."""


class UnknownAttributeError(ScallionError, AttributeError):
    """A name that a module does not have, with the nearest one that it has."""


def unknown_attribute(module: str, name: str, known: Iterable[str]) -> UnknownAttributeError:
    """The error for a public name that is not there; proposes the nearest."""
    close = get_close_matches(name, list(known), n=1)
    hint = f"did you mean {module}.{close[0]}?" if close else f"see dir({module})"
    return UnknownAttributeError(f"{module} has no {name!r}", hint=hint)
