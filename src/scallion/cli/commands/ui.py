"""`scallion ui`: the workbench, a page in the browser."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scallion import files
from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Threads, configure
from scallion.errors import MissingFileError

if TYPE_CHECKING:
    from scallion.workbench import Access


@handle_errors
def ui(
    folder: Annotated[
        Path,
        typer.Argument(metavar="[FOLDER]", help="The folder with your images and runs."),
    ] = Path(),
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="N",
            show_default=False,
            help="The port to listen on.  [default: 8787, or the next that is free]",
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in your browser, or not.")
    ] = True,
    threads: Threads = None,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Open the workbench: a page to train, see and try.

    The page runs on this machine, for you alone, and needs no internet connection. It shows the
    runs in FOLDER/runs, and offers the image folders below FOLDER. Ctrl-C ends the page;
    trainings go on.

    \b
    Examples:
      scallion ui
      scallion ui PHOTOS --port 8800
      scallion ui --no-browser
    """
    from scallion import workbench  # slow to import

    configure(threads)
    if not folder.is_dir():
        raise MissingFileError(f"{folder} is not a folder", hint=files.missing_file_hint(folder))
    with files.file_errors(folder, "read"):
        os.chdir(folder)  # so that the commands that the page shows work there as they are
    listener = workbench.open_socket(port)
    workbench.serve(Path(), listener, on_start=_announce, open_browser=browser)
    typer.echo("\nThe page is closed. Trainings that run go on; `scallion ui` shows them again.")


def _announce(access: "Access") -> None:
    typer.echo("The workbench is open on this machine, for you alone:")
    typer.echo(f"  {access.address}")
    typer.echo("Ctrl-C closes it; trainings go on.")
