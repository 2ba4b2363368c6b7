"""`scallion report`: all about a run in one HTML file."""

import sys
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Run, Threads, print_json
from scallion.cli.wrapping import wrap_text


@handle_errors
def report(
    run: Run,
    images: Annotated[
        bool,
        typer.Option("--images/--no-images", help="Whether images from the data may be in it."),
    ] = True,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Write report.html into the run folder: one file to hand over, that needs no network.

    Diagnosis, curves, scores with intervals, confusion, mistakes, what the network looks at, the
    network itself, the data, and how to repeat it. Each figure is a PNG in figures/ as well.

    \b
    Examples:
      scallion report runs/fashion-mnist-1
      scallion report runs/fashion-mnist-1 --no-images
    """
    from scallion import report as reports
    from scallion import session

    session.set_threads(threads)
    written = reports.write_report(run, images=images)
    if json:
        print_json(written.as_dict())
        return
    size = written.page.stat().st_size / 1e6
    has = "contains images from the data" if images else "contains no image from the data"
    words = (
        f"{written.page} ({size:.1f} MB) {has}; its {len(written.figures)} figures are next to it."
    )
    typer.echo(wrap_text(words, sys.stdout))
