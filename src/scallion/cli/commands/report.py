"""`scallion report`: write the report of a run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Run, Threads, configure, print_json
from scallion.cli.wrapping import wrap_text


@handle_errors
def report(
    run: Run,
    images: Annotated[
        bool,
        typer.Option("--images/--no-images", help="Include images from the data, or not."),
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            show_default=False,
            help="Where the report is written.  [default: the run]",
        ),
    ] = None,
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Write a report of a run: one HTML file to hand over.

    report.html in the run folder needs no internet connection. It contains the diagnosis, learning
    curves, scores with intervals, the confusion matrix, mistakes, explanations, the network, the
    data, and the command that repeats the run. Each figure is also a PNG file in figures/.

    \b
    Examples:
      scallion report runs/fashion-mnist-1
      scallion report runs/fashion-mnist-1 --no-images
    """
    from scallion import report as reports  # slow to import

    configure(threads, engine)
    written = reports.write_report(run, images=images, out=out)
    if json:
        print_json(written.as_dict())
        return
    size = written.page.stat().st_size / 1e6
    content = "contains images from the data" if images else "contains no image from the data"
    text = (
        f"{written.page} ({size:.1f} MB) {content}; its {len(written.figures)} figures are next to "
        "it."
    )
    typer.echo(wrap_text(text, sys.stdout))
