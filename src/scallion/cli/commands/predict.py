"""`scallion predict`: classify images."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json, print_rich
from scallion.cli.progress_display import progress
from scallion.cli.unreadable_files import exit_if_unreadable, nothing_readable


@handle_errors
def predict(  # over 60 lines: the options of the command
    model: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its model.keras.")],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGES...", help="Images, folders of them, .npy or .npz files."),
    ],
    top: Annotated[int, typer.Option(min=1, metavar="K", help="Classes to show per image.")] = 3,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print a CSV table, line by line as images are read.")
    ] = False,
    copy_to: Annotated[
        Path | None,
        typer.Option(
            "--copy-to",
            metavar="FOLDER",
            show_default=False,
            help="Copy each image into FOLDER/CLASS.",
        ),
    ] = None,
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Classify images with a trained model.

    Images are preprocessed as the model's training images were. Images that are unlike the training
    images are marked: their predictions cannot be trusted. Files that cannot be read are named; the
    exit code is then 1, and 2 if there is nothing to classify.

    \b
    Examples:
      scallion predict runs/fashion-mnist-1 shoe.jpg
      scallion predict runs/fashion-mnist-1 PHOTOS --top 1 --csv
      scallion predict runs/fashion-mnist-1 PHOTOS --copy-to SORTED
    """
    from scallion import report, runs  # slow to import

    configure(threads, engine)
    classifier = runs.Classifier.load(model)
    classes = classifier.class_names
    copies = None if copy_to is None else runs.SortedCopies(copy_to, classes, images)
    table: Any = None
    names, predictions, unreadable = [], [], []
    with progress("reading images"):
        for batch in runs.read_inputs(images, classifier, unreadable.append):
            found = classifier.classify_prepared(batch.images, top)
            names += batch.names
            predictions += found
            if csv and not json:
                if table is None:
                    table = runs.PredictionsCsv(sys.stdout, min(top, len(classes)))
                table.write(runs.prediction_rows(batch.names, found))
            if copies is not None:
                for name, one in zip(batch.names, found, strict=True):
                    copies.add(Path(name), one.name)
    if not names:
        raise nothing_readable(unreadable)
    if json:
        rows = runs.prediction_rows(names, predictions)
        others = [one.as_dict() for one in unreadable]
        print_json({"model": str(model), "images": rows, "unreadable": others})
    elif table is None:
        print_rich(report.predictions_table(names, predictions))
    exit_if_unreadable(unreadable)
