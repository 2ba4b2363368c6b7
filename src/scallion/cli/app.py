"""The program `scallion`: its table of commands.

A new command is a function in a module of its own and a row in `COMMANDS`; its docstring is its
help, whose first line, of at most 60 characters, is its summary.
"""

import re
import sys
from typing import Annotated, Any

import typer

import scallion
from scallion.cli.commands.compare import compare
from scallion.cli.commands.data import data
from scallion.cli.commands.diagnose import diagnose
from scallion.cli.commands.doctor import doctor
from scallion.cli.commands.evaluate import evaluate
from scallion.cli.commands.explain import explain
from scallion.cli.commands.export import export
from scallion.cli.commands.lesson import lesson
from scallion.cli.commands.predict import predict
from scallion.cli.commands.report import report
from scallion.cli.commands.run import run as run_script
from scallion.cli.commands.runs import runs
from scallion.cli.commands.study import study
from scallion.cli.commands.summary import summary
from scallion.cli.commands.train import train
from scallion.cli.commands.ui import ui
from scallion.cli.commands.verify import verify
from scallion.cli.streams import prepare_streams

COMMANDS: dict[str, Any] = {
    "train": train,
    "evaluate": evaluate,
    "diagnose": diagnose,
    "explain": explain,
    "predict": predict,
    "compare": compare,
    "report": report,
    "export": export,
    "verify": verify,
    "runs": runs,
    "study": study,
    "data": data,
    "lesson": lesson,
    "summary": summary,
    "run": run_script,
    "ui": ui,
    "doctor": doctor,
}
"""Every command by name, in the order of `scallion --help`: functions, and groups of commands."""

_UsageError: Any = typer.BadParameter.__mro__[2]  # click's ClickException: typer hides it
_CONTEXTS = {"run": {"allow_interspersed_args": False}}  # options after the script are its own

app = typer.Typer(
    name="scallion",
    # Plain help: rich's takes a fifth of a second, and looks the same in a file as on a screen.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for name, command in COMMANDS.items():
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name, context_settings=_CONTEXTS.get(name))(command)


@app.command("help")
def show_help(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND]...", help="A command, such as train or data check."),
    ] = None,
) -> None:
    """Show the help of a command.

    \b
    Examples:
      scallion help train
      scallion help data check
    """
    app([*(command or []), "--help"], prog_name="scallion")


def _print_version(is_given: bool) -> None:
    if is_given:
        typer.echo(f"scallion {scallion.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Train small image networks on the computer you have.

    \b
    Examples:
      scallion train
      scallion help train
    """


def run() -> None:
    """Run a command, and end the process with its exit code."""
    prepare_streams()
    try:
        code = app(prog_name="scallion", standalone_mode=False)
    except typer.Abort:  # the end of the input where something was asked
        typer.echo("stopped", err=True)
        code = 1
    except _UsageError as error:
        error.message = _in_plain_words(error.message)
        error.show()
        code = error.exit_code
    sys.exit(code or 0)


def _in_plain_words(message: str) -> str:
    """Return a message about an option's value without names of types.

    >>> _in_plain_words("'two' is not a valid int range.")
    "'two' is not an integer."
    """
    message = re.sub("is not a valid (int|integer)( range)?\\.", "is not an integer.", message)
    return re.sub("is not a valid float( range)?\\.", "is not a number.", message)
