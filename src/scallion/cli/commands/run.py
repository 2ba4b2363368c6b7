"""`scallion run`: run a Keras script on Scallion."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug
from scallion.errors import ScallionError

Script = Annotated[Path, typer.Argument(metavar="SCRIPT", help="A Python file that uses Keras.")]
Arguments = Annotated[
    list[str] | None, typer.Argument(metavar="[ARGUMENTS]...", help="Arguments of the script.")
]


@handle_errors
def run(
    script: Script,
    arguments: Arguments = None,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Run a Keras script unchanged on Scallion.

    In the script, keras and tensorflow are Scallion. A feature that Scallion does not have ends the
    script with its name, the line, and what to do. Options after SCRIPT are the script's own.

    \b
    Examples:
      scallion run lesson.py
      scallion run train.py --epochs 5
    """
    from scallion.compat import run_script  # slow to import

    try:
        run_script(script, arguments or [])
    except (ScallionError, KeyboardInterrupt, BrokenPipeError):
        raise
    except SystemExit as stop:
        raise typer.Exit(_exit_code(stop)) from None
    except BaseException as error:
        _print_traceback(error)
        raise typer.Exit(1) from None


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    typer.echo(str(stop.code), err=True)
    return 1


def _print_traceback(error: BaseException) -> None:
    """Print the script's own error as Python does, without the lines that started the script."""
    import traceback  # slow to import

    from scallion.compat.script_runner import is_user_code

    trace = error.__traceback__
    while trace is not None and not (
        is_user_code(trace.tb_frame.f_code.co_filename)
        and not trace.tb_frame.f_code.co_filename.startswith("<frozen")
    ):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace, file=sys.stderr)
