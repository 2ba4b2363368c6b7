"""A lesson is a folder of pages; faults across pages are named."""

import pytest

from scallion import lesson
from scallion.errors import DataError, MissingFileError, UnknownNameError

PAGE = """# Layers

```page
minutes = 3
```

```question
id = "biases"
kind = "number"
ask = "How many?"
answer = "10*10"
```
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lesson.toml").write_text('title = "Mine"\npages = ["layers"]\n')
    (tmp_path / "layers.md").write_text(PAGE)
    return tmp_path


def test_a_folder_is_a_lesson(folder) -> None:
    found = lesson.find(folder)
    assert (found.title, found.minutes, list(found.questions)) == ("Mine", 3, ["biases"])


def test_a_missing_page_is_named(folder) -> None:
    (folder / "layers.md").unlink()
    with pytest.raises(MissingFileError, match="names the page 'layers'"):
        lesson.find(folder)


def test_duplicate_questions_are_refused(folder) -> None:
    (folder / "lesson.toml").write_text('title = "Mine"\npages = ["layers", "more"]\n')
    (folder / "more.md").write_text(PAGE)
    with pytest.raises(DataError, match="called 'biases'"):
        lesson.find(folder)


def test_pages_outside_the_folder_are_refused(folder) -> None:
    (folder / "lesson.toml").write_text('title = "Mine"\npages = ["../secret"]\n')
    with pytest.raises(DataError, match="small letters, digits and dashes"):
        lesson.find(folder)


def test_a_recalled_prediction_must_exist(folder) -> None:
    (folder / "layers.md").write_text(PAGE + '\n```recall\nprediction = "biases"\n```\n')
    with pytest.raises(UnknownNameError, match="unknown prediction"):
        lesson.find(folder)


def test_an_unknown_lesson_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        lesson.find("onion")
    assert "did you mean 'onions'?" in (caught.value.hint or "")
