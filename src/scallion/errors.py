"""Every error that Scallion raises, in one tree.

    ScallionError
    ├── ArgumentError        (ValueError)    an argument has an invalid value
    │   ├── ArgumentTypeError (TypeError)    an argument has an invalid type
    │   │   └── UnknownNameError             a name that is not registered; suggests the nearest
    │   └── ShapeError                       shapes that do not fit; names the layer
    ├── UnsupportedError     (NotImplementedError, ValueError)  a Keras feature that is missing here
    │   └── MissingModuleError (ImportError)   a module of Keras or TensorFlow that is missing here
    ├── StateError           (ValueError)    a call that comes too early: `fit` before `compile`
    ├── DataError            (ValueError)    images or labels that cannot be used
    ├── TrainingError        (ArithmeticError, RuntimeError)  the loss is NaN
    ├── CancelledError                       a run that was cancelled before its training started
    ├── ExportError          (RuntimeError)  an export that does not give the model's answers
    ├── JobError             (RuntimeError)  a job whose worker process is gone
    ├── MissingFileError     (FileNotFoundError)  a file or folder that does not exist
    ├── FileError            (OSError)       a file that cannot be read or written, or is damaged
    │   ├── FileVersionError                 a file of another format version
    │   └── DownloadError                    a download that failed; says where to put the file
    ├── EngineError          (RuntimeError)  the engine cannot run; not the user's fault alone
    └── UnknownAttributeError (AttributeError)  a name that a module does not have

Where Keras raises one of Python's errors for an argument, ours is a subclass of the same one.

A message says where the error is, what is wrong, and the value received. The hint is one edit that
works.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from scallion.missing_names import missing

_MOST_NAMES = 20  # that a hint lists if one of them is near
_NEAR_NAMES = 5


class ScallionError(Exception):
    """The base of all errors: a message, and a hint that `str()` puts on a line of its own.

    Programs read where the error is from `layer` (the layer's name), `field` (the argument's name)
    and `value` (what was received). Each is None where it does not apply.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        layer: str | None = None,
        field: str | None = None,
        value: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.layer = layer
        self.field = field
        self.value = value

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        # A received value may be large, or have no form in another process; the message shows it.
        value = self.value if isinstance(self.value, bool | int | float | str) else None
        return rebuild, (type(self), self.message, self.hint, self.layer, self.field, value)


def rebuild(
    kind: type[ScallionError],
    message: str,
    hint: str | None,
    layer: str | None,
    field: str | None,
    value: Any,
) -> ScallionError:
    """Return an error that was sent to another process."""
    error = kind.__new__(kind)
    ScallionError.__init__(error, message, hint=hint, layer=layer, field=field, value=value)
    return error


class ArgumentError(ScallionError, ValueError):
    """An argument has an invalid value."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument has an invalid type."""


class UnknownNameError(ArgumentTypeError):
    """A name that is not registered.

    >>> print(UnknownNameError("optimizer", "adm", ["adam", "sgd"]))
    unknown optimizer. Received: 'adm'
    hint: did you mean 'adam'? Known: adam, sgd

    If many names are known, the hint shows only the similar ones.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        lowered = {candidate.lower(): candidate for candidate in names}
        close = get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.5)
        hint = f"did you mean {lowered[close[0]]!r}? " if close else ""
        if close and len(names) > _MOST_NAMES:
            near = get_close_matches(str(name).lower(), lowered, n=_NEAR_NAMES, cutoff=0.4)
            hint += f"Near: {', '.join(lowered[one] for one in near)}"
        else:
            hint += f"Known: {', '.join(names)}"
        super().__init__(
            f"unknown {kind}. Received: {name!r}",
            hint=hint,
            field=kind,
            value=name,
        )


class ShapeError(ArgumentError):
    """Shapes that do not fit."""


class UnsupportedError(ScallionError, NotImplementedError, ValueError):
    """A feature of Keras that Scallion does not have; the hint says what to use instead."""


class MissingModuleError(UnsupportedError, ImportError):
    """A module of Keras or TensorFlow that has no counterpart in Scallion."""


class StateError(ScallionError, ValueError):
    """A call that comes too early, such as `fit` before `compile`."""


class DataError(ScallionError, ValueError):
    """Images or labels that cannot be used for training or prediction."""


class TrainingError(ScallionError, ArithmeticError, RuntimeError):
    """Training cannot continue: the loss is NaN or infinite."""


class CancelledError(ScallionError):
    """A run that was cancelled before its training started, so that it has no run folder."""


class ExportError(ScallionError, RuntimeError):
    """An export that does not give the model's answers; nothing was written."""


class JobError(ScallionError, RuntimeError):
    """A job that has no result, because its worker process is gone."""


class FileError(ScallionError, OSError):
    """A file that cannot be read or written, or that is damaged."""


class FileVersionError(FileError):
    """A file whose format version this version of Scallion does not read."""


class MissingFileError(ScallionError, FileNotFoundError):
    """A file or folder that does not exist."""


class DownloadError(FileError):
    """A download that failed; the hint says where to put the file by hand."""


class EngineError(ScallionError, RuntimeError):
    """The engine cannot run the step that was requested."""


class UnknownAttributeError(ScallionError, AttributeError):
    """A name that a module does not have; suggests the nearest one that it has."""


def unknown_attribute(module: str, name: str, known: Iterable[str]) -> UnknownAttributeError:
    """Return the error for a public name that does not exist, suggesting the nearest."""
    instead = missing(name)
    if instead is not None:
        message = f"{module} has no {name!r}: {instead.reason}"
        return UnknownAttributeError(message, hint=instead.instead, value=name)
    close = get_close_matches(name, list(known), n=1)
    hint = f"did you mean {module}.{close[0]}?" if close else f"see dir({module})"
    return UnknownAttributeError(f"{module} has no {name!r}", hint=hint, value=name)


def refuse_unknown_names(module: str, known: Iterable[str]) -> Callable[[str], NoReturn]:
    """Return a module's `__getattr__`: other names than the known ones raise `unknown_attribute`.

    `hasattr` and `getattr` with a default work as for every module.
    """

    def refuse(name: str) -> NoReturn:
        raise unknown_attribute(module, name, known)

    return refuse
