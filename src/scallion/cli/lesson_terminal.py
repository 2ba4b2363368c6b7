"""The terminal that a lesson talks to."""

import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from scallion.lesson.figures import LessonFigure

WIDEST = 88  # columns, beyond which lines are hard to read


class LessonTerminal:
    """Markdown, figures and questions on standard output; answers from standard input."""

    def show(self, markdown: str) -> None:
        from rich.console import Console
        from rich.markdown import Markdown

        from scallion.html.markdown import escape_products

        console = Console(width=self.width, highlight=False)
        with console.capture() as captured:
            console.print(Markdown(escape_products(markdown), justify="left"))
        # rich fills lines up with spaces.
        text = "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())
        typer.echo(text + "\n")

    def say(self, words: str) -> None:
        typer.echo(self._wrapped(words))

    def code(self, source: str, language: str) -> None:
        from rich.console import Console
        from rich.syntax import Syntax

        if sys.stdout.isatty():
            Console(width=self.width).print(
                Syntax(source, language, theme="ansi_light", background_color="default")
            )
        else:
            typer.echo(source)
        typer.echo("")

    def figure(self, drawing: "LessonFigure") -> None:
        from scallion.lesson.figures.terminal_figure import as_text

        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and _has_colours()
        text = as_text(drawing, self.width, colour=colour)
        picture, _, words = text.rpartition("\n\n")
        typer.echo(picture + "\n")
        self.say(words)

    def ask(self, prompt: str) -> str:
        typer.echo(f"{prompt} > ", nl=False)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        if not sys.stdin.isatty():
            typer.echo(line.rstrip("\n"))  # so that a scripted lesson reads as it was
        return line.rstrip("\n")

    def _wrapped(self, words: str) -> str:
        """The lines broken between words: a conversation reads the same in a file."""
        return "\n".join(
            textwrap.fill(line, self.width, break_long_words=False, subsequent_indent=_indent(line))
            for line in words.splitlines()
        )

    @property
    def width(self) -> int:
        return min(WIDEST, max(20, shutil.get_terminal_size().columns))


def _indent(line: str) -> str:
    """What stands before the first word, and once more where that is a letter with a bracket."""
    inner = line.lstrip()
    return " " * (len(line) - len(inner) + (3 if inner[1:3] == ") " else 0))


def _has_colours() -> bool:
    """Whether 24-bit colours can be hoped for."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "linux", "vt100")


def run_study(path: Path, minutes: float | None, questions: list[str]) -> str:
    """Run a study of the lesson here, and say what came out, in Markdown."""
    from scallion import study as studies
    from scallion.cli.error_handling import print_error

    found = studies.find(path)
    folder = studies.run(found, minutes=minutes, report=print_error)
    outcome = studies.open_folder(folder)
    picture = outcome.draw() if outcome.results else None
    wanted = [one for one in outcome.answers if not questions or one.id in questions]
    lines = [f"**{one.ask}**\n\n" + one.text.replace("\n", "\n\n") for one in wanted]
    missing = [outcome.dropped] if outcome.dropped else []
    return "\n\n".join([*lines, *missing, *([f"The curves are in {picture}."] if picture else [])])
