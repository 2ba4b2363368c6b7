"""`scallion predict`: what is on these images?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Threads, print_json, print_rich


@handle_errors
def predict(
    model: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its model.keras.")],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGES...", help="Pictures, folders of them, .npy or .npz files."),
    ],
    top: Annotated[int, typer.Option(min=1, metavar="K", help="How many classes to name.")] = 3,
    csv: Annotated[bool, typer.Option("--csv", help="Print a CSV table.")] = False,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Name what is on images, with probabilities, prepared as the model's training images were.

    Images that are unlike those that the model was trained on are marked: little can be given on
    what it says of them.

    \b
    Examples:
      scallion predict runs/fashion-mnist-1 shoe.jpg
      scallion predict runs/fashion-mnist-1 PICTURES --top 1 --csv
    """
    from scallion import report, runs, session
    from scallion.cli.progress_display import progress

    session.set_threads(threads)
    classifier = runs.Classifier.load(model)
    names, answers = [], []
    with progress("reading pictures"):
        for batch in runs.read_inputs(images, classifier):
            names += batch.names
            answers += classifier.classify_all(batch.images, top)
    rows = runs.prediction_rows(names, answers)
    if json:
        print_json({"model": str(model), "images": rows})
    elif csv:
        runs.write_predictions_csv(sys.stdout, rows)
    else:
        print_rich(report.predictions_table(names, answers))
