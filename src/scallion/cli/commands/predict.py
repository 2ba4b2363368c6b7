"""`scallion predict`: classify images."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json, print_rich
from scallion.cli.progress_display import progress


@handle_errors
def predict(
    model: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its model.keras.")],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGES...", help="Images, folders of them, .npy or .npz files."),
    ],
    top: Annotated[int, typer.Option(min=1, metavar="K", help="Classes to show per image.")] = 3,
    csv: Annotated[bool, typer.Option("--csv", help="Print a CSV table.")] = False,
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Classify images with a trained model.

    Images are preprocessed as the model's training images were. Images that are unlike the training
    images are marked: their predictions cannot be trusted.

    \b
    Examples:
      scallion predict runs/fashion-mnist-1 shoe.jpg
      scallion predict runs/fashion-mnist-1 PHOTOS --top 1 --csv
    """
    from scallion import report, runs  # slow to import

    configure(threads, engine)
    classifier = runs.Classifier.load(model)
    names, predictions = [], []
    with progress("reading images"):
        for batch in runs.read_inputs(images, classifier):
            names += batch.names
            predictions += classifier.classify_all(batch.images, top)
    rows = runs.prediction_rows(names, predictions)
    if json:
        print_json({"model": str(model), "images": rows})
    elif csv:
        runs.write_predictions_csv(sys.stdout, rows)
    else:
        print_rich(report.predictions_table(names, predictions))
