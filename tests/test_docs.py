"""What the documentation shows is what happens: its examples run, its links lead somewhere."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import scallion
from scallion import engine

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# test_contributing_examples.py runs these.
PART_OF_A_FILE = "# src/scallion/"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")

SHAPES = {
    "fashion_mnist": (28, 28),
    "mnist": (28, 28),
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
}


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """The code blocks of a page: the line where each starts, and its text."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, found.start()) + 2, found[2])
        for found in FENCE.finditer(text)
        if found[1] == language and not found[2].startswith(PART_OF_A_FILE)
    ]


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


def few_images(shape: tuple[int, ...]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Images and labels as `load_data` gives them, so few that an example takes a second."""
    random = np.random.default_rng(0)
    return tuple(
        (random.integers(0, 256, (count, *shape), np.uint8), np.arange(count) % 10)
        for count in (320, 64)
    )


@pytest.fixture
def small_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The code of an example is run as it is printed; only its data is cut down."""
    for name, shape in SHAPES.items():
        module = getattr(scallion.datasets, name)
        monkeypatch.setattr(module, "load_data", lambda *_, shape=shape, **__: few_images(shape))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize(
    "page", with_blocks("python"), ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_programs_on_a_page_run(page: Path) -> None:
    namespace = {"__name__": "__main__"}
    for line, source in blocks(page, "python"):
        code = compile("\n" * (line - 1) + source, str(page), "exec")
        exec(code, namespace)


def run_dialogues(page: Path) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    namespace: dict[str, object] = {}
    for line, source in blocks(page, "pycon"):
        test = doctest.DocTestParser().get_doctest(source, namespace, page.name, str(page), line)
        runner.run(test, clear_globs=False)
        namespace = test.globs
    assert runner.failures == 0


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize(
    "page", with_blocks("pycon")[1:], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_dialogues_on_a_page_hold(page: Path) -> None:
    run_dialogues(page)


@pytest.mark.skipif(
    engine.capabilities().instruction_set in (None, "baseline"),
    reason="the digits are those of fused multiply-adds",
)
def test_the_readme_prints_what_it_says_on_real_images() -> None:
    run_dialogues(PAGES[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_on_a_page_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_both_of_the_readmes_commands_are_one_line_each() -> None:
    lines = [line.strip() for line in PAGES[0].read_text(encoding="utf-8").splitlines()]
    main = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/scallion train"
    tests = "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest"
    assert lines.count(main) == 1
    assert lines.count(tests) == 1


def test_examples_are_found() -> None:
    assert with_blocks("python")
    assert with_blocks("pycon")
