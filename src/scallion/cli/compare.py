"""`scallion compare`: is one run's model really better?"""

from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Threads, print_json, print_rich


@handle_errors
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Two runs or more.")],
    split: Annotated[
        str, typer.Option(metavar="SPLIT", help="The images to compare on: validation or test.")
    ] = "validation",
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Draw the curves into a PNG."),
    ] = None,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Hold runs against each other: what differs, what each reached, and whether that is chance.

    Models are compared image by image. Comparing is choosing, so the validation images decide; with
    --split test the test images do, and that is counted as a look at them.

    \b
    Examples:
      scallion compare runs/fashion-mnist-1 runs/fashion-mnist-2
      scallion compare runs/mnist-* --picture curves.png
    """
    from scallion import plots, report, session
    from scallion import runs as room
    from scallion.cli.progress_display import progress

    session.set_threads(threads)
    with progress(f"comparing {len(runs)} runs") as on_images:
        compared = room.compare_runs(list(runs), split=split, on_images=on_images)
    if picture is not None:
        plots.plot_runs(room.read_histories(compared), picture)
    if json:
        print_json(compared.as_dict())
    else:
        print_rich(report.comparison_table(compared))
