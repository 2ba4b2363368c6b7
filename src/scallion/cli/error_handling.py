"""Error handling of commands: message, hint and exit code instead of a traceback."""

import errno
import functools
import os
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, get_type_hints

import typer
from typer.models import OptionInfo

from scallion.errors import ScallionError

FAILED = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count

_ASSIGNMENT = re.compile(
    r"""(?<![\w.=(-])(?<!--set )(?P<name>[a-z_]+)=(?P<value>"[^"]*"|'[^']*'|[\w.]+)"""
)
_RECIPE = ("label_smoothing", "optimizer", "dropout", "filters", "kernel_size")

P = ParamSpec("P")


def handle_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that its errors become text on standard error and an exit code.

    Our own errors show message and hint, others how to report them; both exit with 2. With
    `debug=True` the traceback is shown, too. Ctrl-C exits with 130.
    """

    @functools.wraps(command)
    def wrapped(*arguments: P.args, **options: P.kwargs) -> None:
        debug = bool(options.get("debug"))
        warnings.showwarning = _show_warning
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except ScallionError as error:
            hint = "" if error.hint is None else f"\nhint: {_as_options(error.hint, command)}"
            _fail(error, debug, f"error: {error.message}{hint}")
        except KeyboardInterrupt:
            print_error("\nstopped")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone; without this, Python would report that at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except (OSError, MemoryError) as error:
            _fail(error, debug, _system_error(error))
        except typer.Exit:
            raise
        except Exception as error:
            _fail(error, debug, _unexpected_error(error))

    return wrapped


def print_error(text: str) -> None:
    """Write a line to standard error."""
    typer.echo(text, err=True)


def _fail(error: BaseException, debug: bool, text: str) -> NoReturn:
    if debug:
        import traceback  # slow to import

        traceback.print_exception(error)
    print_error(text)
    raise typer.Exit(FAILED) from None


def _as_options(hint: str, command: Callable[..., None]) -> str:
    """Return a hint with `name=value` as options of the command, where it has them.

    The library writes its hints in Python, for whoever calls it from there.
    """
    options = _options_by_name(command)

    def replace(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"].strip("\"'")
        if name in options:
            return f"{options[name]} {value}"
        return f"--set {name}={value}" if "set_" in options and name in _RECIPE else found[0]

    return _ASSIGNMENT.sub(replace, hint)


def _options_by_name(command: Callable[..., None]) -> dict[str, str]:
    """Return the options of a command, by the names that the library has for them."""
    found: dict[str, str] = {}
    for name, hint in get_type_hints(command, include_extras=True).items():
        for part in getattr(hint, "__metadata__", ()):
            if isinstance(part, OptionInfo):
                written = [one for one in part.param_decls or () if one.startswith("--")]
                found[name] = written[0] if written else "--" + name.replace("_", "-")
    return {**found, **({"learning_rate": found["lr"]} if "lr" in found else {})}


def _system_error(error: OSError | MemoryError) -> str:
    if isinstance(error, MemoryError):
        return "error: the memory is full\nhint: use fewer images: --limit 10000"
    if error.errno == errno.ENOSPC:
        return f"error: {error}\nhint: free some space, or choose another disk with --out"
    return f"error: {error}\nhint: the operating system refused this; --debug shows where"


def _unexpected_error(error: Exception) -> str:
    return (
        f"error: unexpected {type(error).__name__}: {error}\n"
        "hint: this is a bug in Scallion; please report it with the output of `scallion doctor` "
        "and of the same command with --debug"
    )


def _show_warning(message: Warning | str, *_place: Any, **_stream: Any) -> None:
    print_error(f"warning: {message}".replace(" hint: ", "\nhint: "))
