"""Every example in the package's own docstrings runs."""

import doctest
import importlib
from pathlib import Path

import pytest

import scallion

PACKAGE = Path(scallion.__file__).parent
NAMES = sorted(
    ".".join(["scallion", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(
        ".__init__"
    )
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    results = doctest.testmod(
        importlib.import_module(name),
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert results.failed == 0, f"{results.failed} of {results.attempted} examples in {name}"


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(recurse=True)
    found = [test for name in NAMES for test in finder.find(importlib.import_module(name))]
    assert sum(len(test.examples) for test in found) > 10
