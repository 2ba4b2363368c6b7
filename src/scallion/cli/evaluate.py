"""`scallion evaluate`: how good a run's model is, in all the numbers that one may ask for."""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Run, Threads, print_json, print_rich


@handle_errors
def evaluate(
    run: Run,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]",
            show_default=False,
            help="Other images of the same classes: a set, a .npz file or a folder.",
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="test, validation or train, of the run's own.")
    ] = "test",
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Whether pictures are drawn.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            show_default=False,
            help="Where they go.  [default: evaluation/ in the run]",
        ),
    ] = None,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Say how good a run's model is: accuracy, precision and recall of each class, calibration.

    Each look at the run's test images is counted, and shown with their score. All scores are kept
    in the run's evaluation.json. Pictures show the confusion matrix, how far probabilities can be
    trusted, and the mistakes that it is surest of.

    \b
    Examples:
      scallion evaluate runs/fashion-mnist-1
      scallion evaluate runs/fashion-mnist-1 --split validation
      scallion evaluate runs/cells-1 NEWCELLS --json --out pictures
    """
    from scallion import report, runs, session
    from scallion.cli.progress_display import progress

    session.set_threads(threads)
    with progress(f"evaluating {Path(run).name}") as on_images:
        evaluated = runs.evaluate_run(run, data, split=split, on_images=on_images)
    drawn = report.save_evaluation_figures(evaluated, out) if pictures else ()
    if json:
        print_json({**evaluated.as_dict(), "figures": [str(path) for path in drawn]})
        return
    print_rich(report.evaluation_table(evaluated))
    if drawn:
        typer.echo(f"\n{drawn[0].parent}: {', '.join(path.name for path in drawn)}")
