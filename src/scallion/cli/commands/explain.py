"""`scallion explain`: explain the predictions for images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json
from scallion.cli.unreadable_files import exit_if_unreadable, nothing_readable
from scallion.text_format import plural

if TYPE_CHECKING:
    from scallion.runs.inspection.predict_inputs import UnreadableInput


@handle_errors
def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its model.keras.")],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGES...", help="Images, folders of them, .npy or .npz files."),
    ],
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default=False, help="The layer whose activations are drawn."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where figures are written.")] = Path(
        "explained"
    ),
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="Explain the first N images at most.")
    ] = 10,
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Show which parts of an image decide a prediction.

    Draws Grad-CAM, activation maps and filters. Images are preprocessed as for scallion predict:
    resized to the network's input, and converted to greyscale or colour as the network takes it.

    \b
    Examples:
      scallion explain runs/fashion-mnist-1 shoe.png
      scallion explain runs/fashion-mnist-1 shoe.png --layer conv2d_1 --out figures
      scallion explain runs/fashion-mnist-1 PHOTOS --limit 50
    """
    from scallion import report  # slow to import

    configure(threads, engine)
    unreadable: list[UnreadableInput] = []
    explained: list[dict[str, Any]] = []
    for found in report.explain_images(
        run, images, layer=layer, out=out, limit=limit, on_unreadable=unreadable.append
    ):
        explained.append(found.as_dict())
        if not json:
            typer.echo(found.as_text())
    if not explained:
        raise nothing_readable(unreadable)
    if json:
        others = [one.as_dict() for one in unreadable]
        print_json({"model": str(run), "images": explained, "unreadable": others})
    elif len(explained) == limit:
        typer.echo(f"Explained {plural(limit, 'image')}, the limit. For more: --limit {2 * limit}.")
    exit_if_unreadable(unreadable)
