"""A teacher does what docs/how-to/write-a-lesson.md says, and nothing else; it works."""

import io
import re
import sys
from pathlib import Path

import pytest

from scallion.cli import main
from scallion.lesson.markdown_page import read_page

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-lesson.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def shown(language: str, fence: str = "```") -> list[str]:
    """The blocks of the guide in this language, in order."""
    pattern = rf"^{fence}{language}\n(.*?)^{fence}$"
    return [found[1] for found in re.finditer(pattern, TEXT, re.MULTILINE | re.DOTALL)]


@pytest.fixture
def pixels(tmp_path, monkeypatch):
    """The files of the guide, written as it says, and the commands to be typed."""
    monkeypatch.chdir(tmp_path)
    cover, answers = shown("toml")[:2]
    Path("pixels").mkdir()
    Path("pixels/lesson.toml").write_text(cover)
    Path("pixels/counting.md").write_text(shown("markdown", "````")[0])
    Path("answers.toml").write_text(answers)


def typed(monkeypatch, capsys, line: str, stdin: str = "") -> tuple[int, str]:
    assert line in TEXT
    monkeypatch.setattr(sys, "argv", line.split())
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, capsys.readouterr().out


@pytest.mark.usefixtures("pixels")
def test_the_lesson_in_the_guide_works(monkeypatch, capsys) -> None:
    lines = "\n200\n600\nb\n"
    code, out = typed(monkeypatch, capsys, "scallion lesson start pixels/", lines)
    assert code == 0
    assert "Those are its pixels. How many numbers has each?" in out
    assert "The end of: How many pixels?" in out
    assert "Not answered yet" not in out


@pytest.mark.usefixtures("pixels")
def test_the_report_in_the_guide_is_correct(monkeypatch, capsys) -> None:
    code, out = typed(monkeypatch, capsys, "scallion lesson check pixels/ answers.toml")
    assert code == 0
    assert out.strip() == shown("text")[0].strip()


@pytest.mark.usefixtures("pixels")
def test_the_lesson_in_the_guide_is_exported(monkeypatch, capsys) -> None:
    code, _ = typed(monkeypatch, capsys, "scallion lesson export pixels/")
    assert code == 0
    assert "How many pixels?" in Path("pixels.html").read_text()
    assert Path("pixels.ipynb").is_file()


@pytest.mark.parametrize("block", shown("toml")[2:])
def test_the_questions_in_the_guide_are_valid(block) -> None:
    page = read_page(f"# A page\n\n```question\n{block}```\n", "page")
    assert len(page.questions) == 1
