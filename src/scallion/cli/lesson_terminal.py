"""The terminal of `scallion lesson start`: Markdown, figures, questions, and studies."""

import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from scallion.cli.error_handling import print_error

if TYPE_CHECKING:
    from scallion.lesson.figures import LessonFigure

WIDEST = 88  # columns; longer lines are hard to read


class LessonTerminal:
    """Writes Markdown, figures and questions to standard output, reads answers from the input."""

    def show(self, markdown: str) -> None:
        """Write Markdown."""
        from rich.console import Console  # slow to import
        from rich.markdown import Markdown

        from scallion.html.markdown import escape_products  # slow to import

        console = Console(width=self.width, highlight=False)
        with console.capture() as captured:
            console.print(Markdown(escape_products(markdown), justify="left"))
        # rich fills lines up with spaces.
        text = "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())
        typer.echo(text + "\n")

    def say(self, text: str) -> None:
        """Write plain text, wrapped between words."""
        typer.echo(self._wrap(text))

    def code(self, source: str, language: str) -> None:
        """Write source code, highlighted on a terminal."""
        if sys.stdout.isatty():
            from rich.console import Console  # slow to import
            from rich.syntax import Syntax

            Console(width=self.width).print(
                Syntax(source, language, theme="ansi_light", background_color="default")
            )
        else:
            typer.echo(source)
        typer.echo("")

    def figure(self, drawing: "LessonFigure") -> None:
        """Draw a figure with characters, and write its description."""
        from scallion.lesson.figures.terminal_figure import as_text  # slow to import

        has_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and _has_true_colour()
        text = as_text(drawing, self.width, colour=has_colour)
        image, _, description = text.rpartition("\n\n")
        typer.echo(image + "\n")
        self.say(description)

    def ask(self, prompt: str) -> str:
        """Return one line of input. Raises EOFError at the end of the input."""
        typer.echo(f"{prompt} > ", nl=False)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        if not sys.stdin.isatty():
            typer.echo(line.rstrip("\n"))  # so that a scripted lesson shows the answers, too
        return line.rstrip("\n")

    @property
    def width(self) -> int:
        """The width of a line, in columns."""
        return min(WIDEST, max(20, shutil.get_terminal_size().columns))

    def _wrap(self, text: str) -> str:
        """Wrap lines between words, on a terminal and in a file."""
        return "\n".join(
            textwrap.fill(line, self.width, break_long_words=False, subsequent_indent=_indent(line))
            for line in text.splitlines()
        )


def run_study(path: Path, minutes: float | None, questions: list[str]) -> str:
    """Run a study of the lesson, and return its answers as Markdown; only those to `questions`."""
    from scallion import study as studies  # slow to import

    found = studies.find(path)
    folder = studies.run(found, minutes=minutes, report=print_error)
    outcome = studies.open_folder(folder)
    figure = outcome.draw() if outcome.results else None
    answers = [answer for answer in outcome.answers if not questions or answer.id in questions]
    parts = [f"**{answer.ask}**\n\n" + answer.text.replace("\n", "\n\n") for answer in answers]
    parts += [outcome.dropped] if outcome.dropped else []
    parts += [f"The curves are in {figure}."] if figure else []
    return "\n\n".join(parts)


def _indent(line: str) -> str:
    """Return the indent of continuation lines: that of the line, and of a list letter `a) `."""
    inner = line.lstrip()
    return " " * (len(line) - len(inner) + (3 if inner[1:3] == ") " else 0))


def _has_true_colour() -> bool:
    """Return whether the terminal is likely to show 24-bit colours."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "linux", "vt100")
