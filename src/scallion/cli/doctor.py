"""`scallion doctor`: what is installed, how fast it can be, and where the data are."""

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Threads, print_json


@handle_errors
def doctor(
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Say what is installed, how fast this machine can be, and where the data are.

    \b
    Examples:
      scallion doctor
      scallion doctor --json
    """
    from scallion import report, session

    session.set_threads(threads)
    checkup = report.check_system()
    if json:
        print_json(checkup)
    else:
        typer.echo(report.format_system_check(checkup))
