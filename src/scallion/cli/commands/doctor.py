"""`scallion doctor`: check the installation."""

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json


@handle_errors
def doctor(
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Check the installation, the engine's speed and the data.

    \b
    Examples:
      scallion doctor
      scallion doctor --json
    """
    from scallion import report  # slow to import

    configure(threads, engine)
    found = report.check_system()
    if json:
        print_json(found)
    else:
        typer.echo(report.format_system_check(found))
