"""How a command ends when something goes wrong: message and hint, no traceback, an exit code."""

import functools
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec

import typer

from scallion.errors import ScallionError

FAILED = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count

P = ParamSpec("P")


def handle_errors(command: Callable[P, None]) -> Callable[P, None]:
    """The command with its errors turned into words on standard error and an exit code.

    Our own errors show message and hint, exit 2. Others say how to report them, exit 2. With
    `debug=True` the traceback is shown as well. Ctrl-C exits 130.
    """

    @functools.wraps(command)
    def wrapped(*arguments: P.args, **options: P.kwargs) -> None:
        debug = bool(options.get("debug"))
        warnings.showwarning = _show_warning
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except ScallionError as error:
            _fail(error, debug, f"error: {error}")
        except KeyboardInterrupt:
            print_error("\nstopped")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our output has gone; Python must not print_error of it once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except (OSError, MemoryError) as error:
            _fail(error, debug, _from_the_system(error))
        except typer.Exit:
            raise
        except Exception as error:
            _fail(error, debug, _unexpected(error))

    return wrapped


def print_error(text: str) -> None:
    """Write a line to standard error."""
    typer.echo(text, err=True)


def _fail(error: BaseException, debug: bool, text: str) -> NoReturn:
    if debug:
        import traceback

        traceback.print_exception(error)
    print_error(text)
    raise typer.Exit(FAILED) from None


def _from_the_system(error: OSError | MemoryError) -> str:
    if isinstance(error, MemoryError):
        return "error: the memory is full\nhint: use fewer images: --limit 10000"
    import errno

    if error.errno == errno.ENOSPC:
        return f"error: {error}\nhint: free some space, or choose another disk with --out"
    return f"error: {error}\nhint: the system refused this; --debug shows where"


def _unexpected(error: Exception) -> str:
    return (
        f"error: an error that Scallion does not know: {type(error).__name__}: {error}\n"
        "hint: this is our mistake; please report it with the output of `scallion doctor` and of "
        "the same command with --debug"
    )


def _show_warning(message: Warning | str, *_place: Any, **_stream: Any) -> None:
    print_error(f"warning: {message}".replace(" hint: ", "\nhint: "))
