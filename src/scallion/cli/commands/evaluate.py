"""`scallion evaluate`: evaluate a run's model."""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import (
    Debug,
    Engine,
    Json,
    Run,
    Threads,
    configure,
    print_json,
    print_rich,
)
from scallion.cli.progress_display import progress
from scallion.errors import FileError


@handle_errors
def evaluate(
    run: Run,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]",
            show_default=False,
            help="Other images of the same classes: a data set, a .npz file or a folder.",
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="The run's own images: test, validation or train.")
    ] = "test",
    draw: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Draw figures, or not.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            show_default=False,
            help="Where figures are written.  [default: evaluation/ in the run]",
        ),
    ] = None,
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Evaluate a run: accuracy, per-class scores, calibration.

    Each evaluation of the run's test images is counted, and the count is shown with the score. All
    scores are stored in the run's evaluation.json. Figures show the confusion matrix, the
    calibration, and the mistakes with the highest confidence.

    \b
    Examples:
      scallion evaluate runs/fashion-mnist-1
      scallion evaluate runs/fashion-mnist-1 --split validation
      scallion evaluate runs/cells-1 NEWCELLS --json --out figures
    """
    from scallion import report, runs  # slow to import

    configure(threads, engine)
    with progress(f"evaluating {Path(run).name}") as on_images:
        evaluation = runs.evaluate_run(run, data, split=split, on_images=on_images)
    figures: tuple[Path, ...] = ()
    problem = None
    try:
        figures = report.save_evaluation_figures(evaluation, out) if draw else ()
    except FileError as error:  # the scores are shown all the same
        problem = error
    if json:
        print_json({**evaluation.as_dict(), "figures": [str(path) for path in figures]})
    else:
        print_rich(report.evaluation_table(evaluation))
    if problem is not None:
        raise FileError(problem.message, hint="--out FOLDER, or --no-pictures")
    if figures and not json:
        typer.echo(f"\n{figures[0].parent}: {', '.join(path.name for path in figures)}")
