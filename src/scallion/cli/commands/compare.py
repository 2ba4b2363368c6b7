"""`scallion compare`: compare runs."""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Threads, configure, print_json, print_rich
from scallion.cli.progress_display import progress


@handle_errors
def compare(
    paths: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Two or more runs.")],
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="The images to compare on: validation or test.")
    ] = "validation",
    figure: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            metavar="FILE",
            show_default=False,
            help="Draw the learning curves into a PNG file.",
        ),
    ] = None,
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Compare runs: settings, accuracies, and their significance.

    Models are compared image by image, with McNemar's test. Whoever compares runs chooses among
    them, so the validation images are used; --split test uses the test images, and counts as one
    evaluation of them in every run.

    \b
    Examples:
      scallion compare runs/fashion-mnist-1 runs/fashion-mnist-2
      scallion compare runs/mnist-* --picture curves.png
    """
    from scallion import plots, report, runs  # slow to import

    configure(threads, engine)
    with progress(f"comparing {len(paths)} runs") as on_images:
        comparison = runs.compare_runs(paths, split=split, on_images=on_images)
    if figure is not None:
        plots.plot_runs(runs.read_histories(comparison), figure)
    if json:
        print_json(comparison.as_dict())
    else:
        print_rich(report.comparison_table(comparison))
