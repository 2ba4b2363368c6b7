"""`scallion runs`: list runs, delete some, or stop one."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Run, print_json, print_rich

HOME = Path("runs")  # where `scallion train` creates run folders

runs = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    context_settings={"max_content_width": 100},
)


@runs.callback()
@handle_errors
def show(
    context: typer.Context,
    home: Annotated[
        Path, typer.Option("--in", metavar="FOLDER", help="Where the run folders are.")
    ] = HOME,
    sort: Annotated[
        str,
        typer.Option(
            metavar="ORDER",
            help="started, name, data, model, accuracy, test, seconds or parameters.",
        ),
    ] = "started",
    data: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="Only with this data.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="Only of this model.")
    ] = None,
    ended: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS",
            show_default=False,
            help="Only with this status: finished, interrupted, pruned, diverged, failed, "
            "running, crashed or unreadable.",
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """List runs, delete some, or stop one.

    \b
    Examples:
      scallion runs
      scallion runs --sort accuracy --model quick
      scallion runs rm runs/fashion-mnist-3
    """
    if context.invoked_subcommand is not None:
        return
    from scallion import report  # slow to import
    from scallion import runs as package

    is_new = home == HOME and not home.exists()
    found = (
        [] if is_new else package.list_runs(home, sort=sort, data=data, model=model, status=ended)
    )
    if json:
        print_json({"runs": [run.as_dict() for run in found]})
    elif found:
        print_rich(report.runs_table(found))
    elif any((data, model, ended)) and not is_new:
        typer.echo(f"There are no such runs in {home}.")
    else:
        typer.echo(f"There are no runs in {home} yet. Train one with: scallion train")


@runs.command("rm")
@handle_errors
def remove(
    run: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders to delete.")],
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Delete run folders, with the models in them.

    \b
    Examples:
      scallion runs rm runs/fashion-mnist-3
    """
    from scallion import runs as package  # slow to import

    removed = [str(package.remove_run(path).path) for path in run]
    if json:
        print_json({"removed": removed})
    else:
        typer.echo("\n".join(f"deleted {path}" for path in removed))


@runs.command()
@handle_errors
def cancel(
    run: Run,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Stop a training in another process; it can be resumed.

    \b
    Examples:
      scallion runs cancel runs/fashion-mnist-3
    """
    from scallion import runs as package  # slow to import

    package.cancel(run)
    command = f"scallion train --resume {quote(str(run))}"
    typer.echo(f"{run} stops after the current step. Resume it with: {command}")
