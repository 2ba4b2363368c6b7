"""Each name that docs/differences.md calls the same runs; `tests/oracle` compares the results."""

import re
from pathlib import Path

import pytest

import scallion
from name_uses import use

PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## keras\.([\w.]+)\n\n(?:Same: (.+)\.\n)?", PAGE, re.MULTILINE)
SAME = {module: re.findall(r"`(\w+)`", names) for module, names in SECTIONS}

pytestmark = pytest.mark.filterwarnings("ignore")


def test_most_names_are_the_same() -> None:
    assert sum(len(names) for names in SAME.values()) > 250


@pytest.mark.parametrize("module", [module for module, names in SAME.items() if names])
def test_names_that_are_called_the_same_run(module: str) -> None:
    for name in SAME[module]:
        use(scallion, f"{module}.{name}")
