"""`scallion explain`: explain the prediction for an image."""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json


@handle_errors
def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its model.keras.")],
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="An image: PNG, JPEG, TIFF.")],
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default=False, help="The layer whose activations are drawn."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where figures are written.")] = Path(
        "explained"
    ),
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Show which parts of an image decide a prediction.

    Draws Grad-CAM, activation maps and filters. The image is resized to the network's input, and
    converted to greyscale or colour as the network takes it.

    \b
    Examples:
      scallion explain runs/fashion-mnist-1 shoe.png
      scallion explain runs/fashion-mnist-1 shoe.png --layer conv2d_1 --out figures
    """
    from scallion import report  # slow to import

    configure(threads, engine)
    found = report.explain_image(run, image, layer=layer, out=out)
    if json:
        print_json(found.as_dict())
    else:
        typer.echo(found.as_text())
