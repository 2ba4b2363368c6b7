"""A learner at a terminal, and a file with the learner's network."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scallion.lesson import find
from scallion.lesson.questions import BuildQuestion


class Typed:
    """A screen that is read from a list and written to another."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.shown: list[str] = []

    def show(self, markdown: str) -> None:
        self.shown.append(markdown)

    def say(self, text: str) -> None:
        self.shown.append(text)

    def code(self, source: str, language: str) -> None:
        self.shown.append(source)

    def figure(self, figure: object) -> None:
        self.shown.append(f"<figure: {figure.text}>")  # type: ignore[attr-defined]

    def ask(self, prompt: str) -> str:
        self.shown.append(f"{prompt} >")
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    @property
    def text(self) -> str:
        return "\n".join(self.shown)


@pytest.fixture
def typed() -> Callable[..., Typed]:
    return Typed


@pytest.fixture
def right_model(tmp_path: Path) -> Path:
    """The lesson's own solution of its third question, as a learner's file."""
    question = find("onions").questions["deeper-network"]
    assert isinstance(question, BuildQuestion)
    path = tmp_path / "model.py"
    path.write_text(question.program.replace("model.summary()", ""))
    return path
