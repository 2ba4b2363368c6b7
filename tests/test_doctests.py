"""Every example in the package's own docstrings runs."""

import doctest
import importlib
import pkgutil

import pytest

import scallion

NAMES = sorted(
    module.name
    for module in pkgutil.walk_packages(scallion.__path__, "scallion.")
    if not module.name.endswith(("._native", ".__main__"))
)


@pytest.mark.parametrize("name", ["scallion", *NAMES])
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    results = doctest.testmod(
        importlib.import_module(name),
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert results.failed == 0, f"{results.failed} of {results.attempted} examples in {name}"


def test_there_are_examples() -> None:
    attempted = [doctest.testmod(importlib.import_module(name)).attempted for name in NAMES]
    assert sum(attempted) > 10
