"""The page of classic mistakes shows what Scallion says."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import scallion
from scallion.errors import ScallionError

PAGE = Path(__file__).parents[1] / "docs" / "concepts" / "classic-mistakes.md"
BLOCK = re.compile(r"^```py\n(.*?)^```\n(?:^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d\.\d+(?:e-\d+)?")


def said(source: str, namespace: dict[str, object]) -> list[str]:
    """Run a block; return the texts of its warnings, or of the error that ends it."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            exec(source, namespace)
        except ScallionError as error:
            return [str(error)]
    return [str(one.message) for one in found]


@pytest.fixture(autouse=True)
def names_from_the_start() -> None:
    scallion.utils.clear_session()


def test_every_example_says_what_the_page_shows() -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 12
    namespace: dict[str, object] = {"np": np}
    for source, expected in blocks:
        found = said(source, namespace)
        shown = [NUMBER.sub("0.5", text) for text in found]
        assert shown == [NUMBER.sub("0.5", expected.strip())] * bool(expected), source
