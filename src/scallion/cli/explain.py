"""`scallion explain`: what a network looks at in an image."""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Run, Threads, print_json


@handle_errors
def explain(
    run: Run,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="An image: PNG, JPEG, TIFF.")],
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="The layer whose maps are drawn."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go.")] = Path(
        "explained"
    ),
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Draw what the network looks at in an image: Grad-CAM, activation maps, filters.

    The image is brought to the network's size, in grey or in colour as the network takes it.

    \b
    Examples:
      scallion explain runs/fashion-mnist-1 shoe.png
      scallion explain runs/fashion-mnist-1 shoe.png --layer conv2d_1 --out pictures
    """
    from scallion import report, session

    session.set_threads(threads)
    found = report.explain_image(run, image, layer=layer, out=out)
    if json:
        print_json(found.as_dict())
    else:
        typer.echo(found.as_text())
