"""A wrong count gets the hint for its mistake. The numbers are calculated by hand."""

import pytest

from scallion import lesson
from scallion.errors import DataError
from scallion.lesson.answers.counting_mistakes import ParameterCount, expected_mistakes
from scallion.lesson.answers.grading import grade

ONIONS = lesson.find("onions").questions

# question, answer, mistake, part of the hint
MISTAKES = [
    ("dense-parameters", "307200", "no bias", "how many biases"),  # 3072 * 100
    ("dense-parameters", "307201", "one bias for all", "each has its own"),
    ("dense-parameters", "310272", "a bias for each input", "count the units"),  # + 3072
    ("dense-parameters", "102500", "forgot the channels", "it has 3 of them"),  # 1024*100 + 100
    ("dense-parameters", "102400", "forgot the channels", "it has 3 of them"),
    ("dense-parameters", "400", "a Dense layer at each pixel", "without Flatten"),  # 3*100 + 100
    ("dense-parameters", "300", "a Dense layer at each pixel", "without Flatten"),
    ("dense-parameters", "3073", "one unit", "There are 100"),
    ("dense-parameters", "3172", "added, not multiplied", "that is a product"),  # 3072 + 100
    ("convolution-parameters", "2800", "a bias that is not there", "there are none"),
    ("convolution-parameters", "900", "forgot the channels", "all 3 channels"),  # 3*3*100
    ("convolution-parameters", "27", "counted one kernel", "of them"),
    ("convolution-parameters", "2764800", "multiplied by the image size", "slides"),  # * 32*32
    ("convolution-parameters", "2430000", "multiplied by the image size", "slides"),  # * 30*30
    ("convolution-parameters", "90000", "counted the outputs", "for each kernel"),  # 30*30*100
    ("convolution-parameters", "127", "added, not multiplied", "that is a product"),
    ("convolution-parameters", "8100", "counted the channels twice", "twice"),
    ("convolution-parameters", "307300", "a Dense layer", "connected to the whole image"),
]


@pytest.mark.parametrize(("name", "answer", "mistake", "text"), MISTAKES)
def test_an_expected_mistake_gets_its_hint(name, answer, mistake, text) -> None:
    found = grade(ONIONS[name], answer)
    assert found.right is False
    assert found.mistake == mistake
    assert text in found.hint


def test_hints_of_different_mistakes_differ() -> None:
    hints = {
        (name, mistake): grade(ONIONS[name], answer).hint for name, answer, mistake, _ in MISTAKES
    }
    assert len({(name, hint) for (name, _), hint in hints.items()}) == len(hints) == 15


@pytest.mark.parametrize(
    ("name", "right"), [("dense-parameters", 307300), ("convolution-parameters", 2700)]
)
def test_no_hint_reveals_the_answer(name, right) -> None:
    for mistake in ONIONS[name].mistakes:
        assert f"{right:,}" not in mistake.hint
        assert str(right) not in mistake.hint


def test_other_layers_have_expected_mistakes() -> None:
    biased = expected_mistakes(ParameterCount("Conv2D", (28, 28, 1), filters=8, kernel_size=5))
    assert {m.name: m.value for m in biased if m.name in ("no bias", "counted one kernel")} == {
        "no bias": 200,
        "counted one kernel": 26,
    }
    # With one channel nobody can forget the channels.
    assert "forgot the channels" not in {mistake.name for mistake in biased}


def test_a_layer_without_units_is_refused() -> None:
    with pytest.raises(DataError, match="Received: units=0"):
        ParameterCount("Dense", (32, 32, 3), filters=100)
