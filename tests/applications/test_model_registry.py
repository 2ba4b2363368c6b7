"""The registry of named models."""

import pytest

from scallion.applications import model_registry
from scallion.errors import UnknownNameError


def test_the_default_comes_first() -> None:
    assert model_registry.names() == (
        "quick",
        "pretrained",
        "lesson",
        "lesson-dense",
        "lesson-deep",
        "lesson-dropout",
    )


def test_case_and_underscores_do_not_matter() -> None:
    assert model_registry.find("Lesson_Deep").architecture.name == "lesson-deep"


def test_an_unknown_model_suggests_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model\. Received: 'lessen'") as caught:
        model_registry.find("lessen")
    assert caught.value.hint == (
        "did you mean 'lesson'? Known: lesson, lesson-deep, lesson-dense, lesson-dropout, "
        "pretrained, quick"
    )
