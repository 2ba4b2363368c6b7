"""Error handling of commands: message, hint and exit code instead of a traceback."""

import errno
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
            _fail(error, debug, f"error: {error}")
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
