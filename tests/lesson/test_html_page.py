"""A page is Markdown with blocks of TOML; what is wrong with one is said with its line."""

import pytest

from scallion import lesson
from scallion.errors import DataError, MissingFileError, UnknownNameError
from scallion.lesson.markdown_page import CodeBlock, FigureBlock, TextBlock, read_page
from scallion.lesson.questions import NumberQuestion

PAGE = """# Layers

```page
minutes = 3
step = "step 4"
```

An onion has `many`.

```question
id = "biases"
kind = "number"
ask = "How many?"
answer = "10*10"
```

```python
print(1)
```

```python norun
print(x)
```

```figure
draw = "pooling"
settings = { pool_size = 4 }
```
"""


def test_a_page_is_its_blocks_in_order() -> None:
    page = read_page(PAGE, "layers")
    assert (page.title, page.info.minutes, page.info.step) == ("Layers", 3, "step 4")
    text, question, runs, shown, figure = page.blocks
    assert text == TextBlock("An onion has `many`.")
    assert isinstance(question, NumberQuestion)
    assert question.right == 100
    assert (runs, shown) == (CodeBlock("print(1)"), CodeBlock("print(x)", run=False))
    assert figure == FigureBlock("pooling", settings={"pool_size": 4})


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (("# Layers", "Layers"), "layers.md: a page begins with its title", "# The title"),
        (('"number"', '"numbr"'), "layers.md, line 10: invalid value 'numbr'", "compare with"),
        (('id = "biases"', ""), "line 10: object missing required field `id`", "compare with"),
        (("ask =", "asks ="), "line 10: object contains unknown field `asks`", "compare with"),
        (('answer = "10*10"', "answer = 10*10"), "line 10: not valid TOML", "in quotes"),
        (('answer = "10*10"', 'answer = "ten"'), "this is not a number. Received: 'ten'", "a sum"),
        (('answer = "10*10"', ""), "'biases': a number question has either `answer`", "answer ="),
        (("= 4 }\n```", "= 4 }\n"), "begins with ``` and never ends", "alone"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_an_edit(change, message, hint) -> None:
    with pytest.raises(DataError) as caught:
        read_page(PAGE.replace(*change, 1), "layers")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lesson.toml").write_text('title = "Mine"\npages = ["layers"]\n')
    (tmp_path / "layers.md").write_text(PAGE)
    return tmp_path


def test_a_lesson_of_ones_own_is_a_folder(folder) -> None:
    found = lesson.find(folder)
    assert (found.title, found.minutes, list(found.questions)) == ("Mine", 3, ["biases"])


def test_a_page_that_is_not_there_is_named(folder) -> None:
    (folder / "layers.md").unlink()
    with pytest.raises(MissingFileError, match="names the page 'layers'"):
        lesson.find(folder)


def test_two_questions_of_one_name_are_refused(folder) -> None:
    (folder / "lesson.toml").write_text('title = "Mine"\npages = ["layers", "more"]\n')
    (folder / "more.md").write_text(PAGE)
    with pytest.raises(DataError, match="called 'biases'"):
        lesson.find(folder)


def test_a_page_outside_the_folder_cannot_be_named(folder) -> None:
    (folder / "lesson.toml").write_text('title = "Mine"\npages = ["../secret"]\n')
    with pytest.raises(DataError, match="small letters, digits and dashes"):
        lesson.find(folder)


def test_a_prediction_that_is_recalled_must_exist(folder) -> None:
    (folder / "layers.md").write_text(PAGE + '\n```recall\nprediction = "biases"\n```\n')
    with pytest.raises(UnknownNameError, match="unknown prediction"):
        lesson.find(folder)


def test_an_unknown_lesson_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        lesson.find("onion")
    assert "did you mean 'onions'?" in (caught.value.hint or "")
