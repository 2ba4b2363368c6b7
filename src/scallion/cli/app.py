"""The program `scallion`: which commands there are."""

import io
import sys
from typing import Annotated

import typer

from scallion.cli.compare import compare
from scallion.cli.data import data
from scallion.cli.diagnose import diagnose
from scallion.cli.doctor import doctor
from scallion.cli.evaluate import evaluate
from scallion.cli.explain import explain
from scallion.cli.lesson import lesson
from scallion.cli.predict import predict
from scallion.cli.report import report
from scallion.cli.run import run as run_script
from scallion.cli.runs import runs
from scallion.cli.study import study
from scallion.cli.summary import summary
from scallion.cli.train import train
from scallion.cli.verify import verify

app = typer.Typer(
    name="scallion",
    add_completion=False,
    # Plain help: rich's costs a fifth of a second, and looks the same in a file as on a screen.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (
    *(train, evaluate, diagnose, explain, predict, compare, report, verify),
    *(summary, doctor),
):
    app.command()(command)
app.add_typer(data, name="data")
# What stands behind the script's name is the script's, options too.
app.command("run", context_settings={"allow_interspersed_args": False})(run_script)
for group in (runs, lesson, study):
    app.add_typer(group)


def _print_version(asked: bool) -> None:
    if asked:
        import scallion

        typer.echo(f"scallion {scallion.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Train small image networks on the computer you have.

    Begin with: scallion train
    """


def run() -> None:
    """Run a command; what is printed is UTF-8 where the terminal would choke on it otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="scallion")
