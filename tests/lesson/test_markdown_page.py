"""A page is Markdown with blocks of TOML; faults are named with their line."""

import pytest

from scallion.errors import DataError
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


def test_a_page_is_parsed_into_blocks() -> None:
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
def test_faults_are_named_with_line_and_edit(change, message, hint) -> None:
    with pytest.raises(DataError) as caught:
        read_page(PAGE.replace(*change, 1), "layers")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
