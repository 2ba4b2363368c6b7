"""`scallion lesson`: list, start, check and export lessons."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scallion import files
from scallion.cli.error_handling import handle_errors, print_error
from scallion.cli.options import Debug, Json, print_json
from scallion.cli.wrapping import wrap_text
from scallion.errors import ArgumentError

if TYPE_CHECKING:
    from scallion.lesson import Lesson

WRONG = 1

lesson = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
Name = Annotated[str, typer.Argument(metavar="LESSON", help="onions, or a lesson's folder.")]


@lesson.callback()
def show_list(context: typer.Context) -> None:
    """Learn about neural networks with questions and experiments.

    Without a command, the lessons are listed.

    \b
    Examples:
      scallion lesson
      scallion lesson start onions
    """
    if context.invoked_subcommand is None:
        _list()


@handle_errors
def _list() -> None:
    from scallion import lesson as lessons  # slow to import

    for name in lessons.names():
        found = lessons.find(name)
        typer.echo(f"{name}: {found.title}, {len(found.pages)} pages, {found.minutes} minutes")
        if found.info.about:
            typer.echo(wrap_text(found.info.about.strip(), sys.stdout))
    typer.echo("\nStart with: scallion lesson start onions")


@lesson.command()
@handle_errors
def start(
    name: Name = "onions",
    progress: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Where your answers are saved.  [default: LESSON.json in this folder]",
        ),
    ] = None,
    page: Annotated[
        int | None, typer.Option(min=1, metavar="N", show_default=False, help="Start at this page.")
    ] = None,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Learn in the terminal.

    Stop at any time: the same command continues.

    \b
    Examples:
      scallion lesson start onions
      scallion lesson start my-lesson/ --page 2
    """
    from scallion import lesson as lessons  # slow to import
    from scallion.cli.lesson_terminal import LessonTerminal, run_study

    found = lessons.find(name)
    saved = lessons.open_progress(progress or f"{found.name}.json", found)
    if page is not None:
        saved.page = _page_index(found, page)
    lessons.TerminalSession(found, saved, LessonTerminal(), run_study).run()


@lesson.command()
@handle_errors
def check(
    name: Name,
    answers: Annotated[
        Path,
        typer.Argument(metavar="ANSWERS", help="TOML with one line per question, or LESSON.json."),
    ],
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL.py", show_default=False, help="Your Python file that defines `model`."
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Check all answers at once.

    Exits with 0 if all answers are correct, 1 if some are not, 2 if they cannot be read.

    \b
    Examples:
      scallion lesson check onions answers.toml model.py
      scallion lesson check onions onions.json --json
    """
    from scallion import lesson as lessons  # slow to import

    found = lessons.find(name)
    report = lessons.check_answers(found, lessons.read_answers(answers, found), model, print_error)
    if json:
        print_json(report.as_dict())
    else:
        typer.echo(wrap_text(report.text, sys.stdout, indent=7))
    if not report.passed:
        raise typer.Exit(WRONG)


@lesson.command()
@handle_errors
def export(
    name: Name = "onions",
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where both files are written.")
    ] = Path(),
    studies: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Study folders, whose answers are shown.")
    ] = Path("studies"),
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Export a lesson as an HTML page and a Jupyter notebook.

    \b
    Examples:
      scallion lesson export onions
      scallion lesson export my-lesson/ --out public
    """
    from scallion import lesson as lessons  # slow to import

    found = lessons.find(name)
    folder = files.make_folder(out)
    page, notebook = folder / f"{found.name}.html", folder / f"{found.name}.ipynb"
    files.write_text(page, lessons.to_html(found, studies))
    files.write_bytes(notebook, lessons.to_notebook(found))
    typer.echo(f"{page}: opens in any browser, offline")
    typer.echo(f"{notebook}: runs in Jupyter, from top to bottom, with solutions")


def _page_index(found: "Lesson", page: int) -> int:

    if page > len(found.pages):
        raise ArgumentError(
            f"{found.name} has {len(found.pages)} pages. Received: --page {page}",
            hint=f"--page {len(found.pages)}",
        )
    return page - 1
