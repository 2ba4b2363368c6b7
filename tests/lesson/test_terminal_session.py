"""A lesson in the terminal: wrong answers are asked again, right ones are saved."""

from pathlib import Path

import pytest

from scallion import lesson
from scallion.errors import DataError
from scallion.lesson import TerminalSession, open_progress

PAGE = """# One

First words.

```question
id = "biases"
kind = "number"
ask = "How many biases?"
answer = 100
solution = "One per unit."
hints = [ { value = 1, say = "Each has one." } ]
```

```figure
draw = "dropout"
settings = { rate = 0.2 }
```
"""
SECOND = """# Two

```question
id = "expect"
kind = "prediction"
ask = "What happens?"
options = ["up", "down"]
```

```recall
prediction = "expect"
```
"""


@pytest.fixture
def two_pages(tmp_path: Path) -> lesson.Lesson:
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / "lesson.toml").write_text('title = "Two"\npages = ["one", "two"]\n')
    (folder / "one.md").write_text(PAGE)
    (folder / "two.md").write_text(SECOND)
    return lesson.find(folder)


@pytest.fixture
def learn(two_pages, tmp_path, typed):
    """Type these lines into the lesson; returns what the screen showed."""

    def learn(*lines):
        screen = typed(*lines)
        progress = open_progress(tmp_path / "two.json", two_pages)
        TerminalSession(two_pages, progress, screen, lambda *_: "").run()
        return screen

    return learn


def test_wrong_answers_are_asked_again(learn) -> None:
    screen = learn("1", "ten", "", "100", "", "", "b", "quit")
    text = screen.text
    assert (
        text.index("Each has one.") < text.index("this is not a number") < text.index("Right: 100.")
    )
    assert "Type an answer, or skip, or solution." in text
    assert "One per unit." in text


def test_a_lesson_continues_where_it_was_left(learn) -> None:
    learn("100", "", "quit")
    text = learn("a", "quit").text
    assert "page 2 of 2" not in text.partition("page 1 of 2")[0]
    assert "You have answered: 100" in text
    assert "Your number >" not in text


def test_a_finished_page_is_not_shown_again(learn) -> None:
    learn("100", "", "", "quit")
    text = learn("a").text
    assert "page 1 of 2" not in text
    assert "You expected: up" in text
    assert "The end of: Two" in text


def test_answers_are_saved_at_the_end_of_input(learn, tmp_path, two_pages) -> None:
    screen = learn("100")
    assert f"Saved in {tmp_path / 'two.json'}" in screen.text
    assert lesson.read_answers(tmp_path / "two.json", two_pages) == {"biases": "100"}


def test_settings_of_figures_can_be_changed(learn) -> None:
    text = learn("100", "rate=0.5", "rate=2", "rat=1", "0.5", "", "quit").text
    assert "<figure: At a rate of 0.2" in text
    assert "<figure: At a rate of 0.5" in text
    assert "from 0 to below 1. Received: rate=2" in text
    assert "did you mean 'rate'?" in text
    assert "a change is the name of a setting and a value. Received: '0.5'" in text


def test_back_skip_solution_and_help_work(learn) -> None:
    text = learn("skip", "", "", "back", "solution", "", "", "help", "b", "").text
    assert text.count("page 1 of 2") == 2
    assert "**100**\n\nOne per unit." in text
    assert "Nothing is lost" in text
    assert "Not answered yet: biases" in text


def test_a_file_of_another_lesson_is_refused(tmp_path, two_pages) -> None:
    (tmp_path / "p.json").write_text('{"lesson": "onions", "format_version": 1}')
    with pytest.raises(DataError, match="belongs to the lesson 'onions'"):
        open_progress(tmp_path / "p.json", two_pages)


def test_a_damaged_progress_file_is_named(tmp_path, two_pages) -> None:
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(OSError, match="is damaged"):
        open_progress(tmp_path / "p.json", two_pages)
