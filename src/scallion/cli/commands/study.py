"""`scallion study`: train many runs, and show the answers to the study's questions."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import INTERRUPTED, handle_errors, print_error
from scallion.cli.options import Debug, Engine, Json, print_json
from scallion.cli.wrapping import wrap_text

study = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
Name = Annotated[
    str, typer.Argument(metavar="STUDY", help="onions-exercise-2, or a study's .toml file.")
]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where study folders are created.")]
OUT = Path("studies")


@study.callback()
def show_list(context: typer.Context) -> None:
    """Train many runs to answer a question.

    Without a command, the studies are listed.

    \b
    Examples:
      scallion study
      scallion study run onions-exercise-2 --minutes 10
    """
    if context.invoked_subcommand is None:
        _list()


@handle_errors
def _list() -> None:
    from scallion import study as studies  # slow to import

    for name in studies.names():
        found = studies.find(name).study
        typer.echo(f"{name}: {found.title}, {len(studies.make_trials(found))} runs")
        if found.about:
            typer.echo(wrap_text(found.about.strip(), sys.stdout))
    typer.echo(f"\nStart with: scallion study run {studies.names()[0]}")


@study.command()
@handle_errors
def run(
    name: Name,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, metavar="N", show_default=False, help="Time for the whole study."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            metavar="N",
            show_default=False,
            help="Runs at a time, with one thread each.  [default: one per core]",
        ),
    ] = None,
    engine: Engine = "auto",
    out: Out = OUT,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Train the runs of a study, and show its answers.

    Finished runs are kept: the same command continues a study that was stopped. If the time is too
    short, seeds are dropped first, then values of other axes, never epochs, and the answer says so.
    The test images are not evaluated.

    \b
    Examples:
      scallion study run onions-exercise-2 --minutes 10
      scallion study run rates.toml --jobs 1
    """
    from scallion import study as studies  # slow to import

    found = studies.find(name)
    try:
        studies.run(found, out, minutes=minutes, jobs=jobs, engine=engine, report=print_error)
    except KeyboardInterrupt:
        print_error("\nstopped; finished runs are kept, and the same command continues")
        raise typer.Exit(INTERRUPTED) from None
    _show(out / found.name, out, json)


@study.command()
@handle_errors
def show(
    name: Name,
    out: Out = OUT,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Show the results and answers of a study, and draw study.png.

    \b
    Examples:
      scallion study show onions-exercise-2
      scallion study show studies/rates --json
    """
    _show(name, out, json)


def _show(name: str | Path, out: Path, json: bool) -> None:
    from scallion import study as studies  # slow to import

    outcome = studies.open_folder(name, out)
    figure = outcome.draw() if outcome.results else None
    if json:
        print_json({**outcome.as_dict(), "figure": figure})
        return
    typer.echo(wrap_text(outcome.text, sys.stdout))
    if figure is not None:
        typer.echo(f"\nThe curves are in {figure}.")
