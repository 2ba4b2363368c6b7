"""`scallion study`: run many cells with one question, and show what they say."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors, print_error
from scallion.cli.options import Debug, Json, print_json
from scallion.cli.wrapping import wrap_text

study = typer.Typer(
    name="study",
    help="Many runs with one question; without a command, list the studies.",
    rich_markup_mode=None,
    add_completion=False,
    invoke_without_command=True,
)
Name = Annotated[
    str, typer.Argument(metavar="STUDY", help="onions-exercise-2, or a study's .toml file.")
]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the folders of studies are.")]
OUT = Path("studies")


@study.callback()
def listed(context: typer.Context) -> None:
    """List the studies; run one, or show what its runs say."""
    if context.invoked_subcommand is None:
        _list()


@handle_errors
def _list() -> None:
    from scallion import study as studies

    for name in studies.names():
        found = studies.find(name).study
        typer.echo(f"{name}: {found.title}, {len(studies.make_trials(found))} runs")
        if found.about:
            typer.echo(wrap_text(found.about.strip(), sys.stdout))
    typer.echo(f"\nBegin with: scallion study run {studies.names()[0]}")


@study.command()
@handle_errors
def run(
    name: Name,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, metavar="N", show_default=False, help="How long it may take."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            metavar="N",
            show_default=False,
            help="Runs at once, a thread each.  [default: one a core]",
        ),
    ] = None,
    out: Out = OUT,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Run all runs of a study that are not done yet, and show what they say.

    Stop it when you like: the same command goes on. A time that is too short gives up seeds, then
    values of other axes, never epochs, and says so. The test images are not looked at.

    \b
    Examples:
      scallion study run onions-exercise-2 --minutes 10
      scallion study run rates.toml --jobs 1
    """
    from scallion import study as studies

    found = studies.find(name)
    studies.run(found, out, minutes=minutes, jobs=jobs, report=print_error)
    _show(out / found.name, out, json)


@study.command()
@handle_errors
def show(
    name: Name,
    out: Out = OUT,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Show a study: a table, the answer to each question in words, and study.png.

    \b
    Examples:
      scallion study show onions-exercise-2
      scallion study show studies/rates --json
    """
    _show(name, out, json)


def _show(name: str | Path, out: Path, json: bool) -> None:
    from scallion import study as studies

    outcome = studies.open_folder(name, out)
    picture = outcome.draw() if outcome.results else None
    if json:
        print_json({**outcome.as_dict(), "figure": picture})
        return
    typer.echo(wrap_text(outcome.text, sys.stdout))
    if picture is not None:
        typer.echo(f"\nThe curves are in {picture}.")
