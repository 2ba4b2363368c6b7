"""`scallion export`: a trained model for other software."""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Threads, configure, print_json

RunOrModel = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder, or its model.keras.")
]
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="onnx, keras, torch or html.")
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        help="The file or folder to write.  [default: the run's name, here]",
    ),
]
Uint8 = Annotated[
    bool, typer.Option("--uint8", help="Take pixels 0 to 255 (uint8), and scale them inside.")
]
Fold = Annotated[
    bool, typer.Option("--fold", help="Fold batch normalizations into the layers before them.")
]
Title = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        show_default=False,
        help="The heading of a page.  [default: the data set]",
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE",
        show_default=False,
        help="Store the weights of a page as float16: half the size.  [default: float32]",
    ),
]


@handle_errors
def export(
    run: RunOrModel,
    kind: Format = "onnx",
    out: OutFile = None,
    uint8: Uint8 = False,
    fold: Fold = False,
    title: Title = None,
    precision: Precision = None,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Hand a trained model over to other software.

    The file has the class names, the preprocessing, and the model's outputs for a few synthetic
    images. Where the other software is installed here, it must give the same outputs; if it does
    not, nothing is written. The input of an ONNX file is named images, its output probabilities.

    \b
    Examples:
      scallion export runs/fashion-mnist-1
      scallion export runs/fashion-mnist-1 --out clothes.onnx --uint8
      scallion export runs/fashion-mnist-1 --format html --precision float16
    """
    from scallion.export import export_run  # slow to import

    configure(threads)
    given = {
        "uint8_input": uint8,
        "fold_normalization": fold,
        "title": title,
        "precision": precision,
    }
    options = {name: value for name, value in given.items() if value}
    result = export_run(run, out, kind, **options)
    if json:
        print_json(
            {
                "file": str(result.path),
                "format": result.format,
                "bytes": result.size,
                "verified": result.verified,
                "difference": result.difference,
                "note": result.note,
            }
        )
    else:
        typer.echo(f"{result.path}, {result.size / 1e6:.1f} MB: {result.describe()}.")
        if result.note:
            typer.echo(result.note)
