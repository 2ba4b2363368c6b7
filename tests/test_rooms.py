"""The house: a room imports only rooms above it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import scallion

PACKAGE = Path(scallion.__file__).parent

# From the ground up. Modules of one room may import each other.
ROOMS = (
    (
        "class_registry",
        "eager_array",
        "errors",
        "file_versions",
        "files",
        "finding_rules",
        "findings",
        "history_file",
        "lazy_imports",
        "mapped_memory",
        "session",
        "system_memory",
        "text_format",
        "toml_format",
    ),
    ("initializers", "activations", "regularizers", "constraints", "layers"),
    ("graph",),
    ("losses", "metrics", "optimizers", "schedules"),
    ("engine",),
    ("callbacks", "models"),
    ("datasets", "images"),
    ("insight",),
    ("plots",),
    ("runs",),
    ("study",),
    ("html",),
    ("report", "lesson"),
    ("cli", "compat", "__main__"),
)
FLOOR = {name: floor for floor, names in enumerate(ROOMS) for name in names}

# Packages in earlier rows that a package does without all the same: insight is given arrays.
FORBIDDEN = {"insight": {"engine", "models", "callbacks"}}

# Public namespaces: they re-export lazily what lives in any room.
DOORS = ("__init__", "backend", "utils")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def top(path: Path) -> str:
    """The room's entry that a file belongs to: `layers` for layers/spec.py."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(source: str, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import in a file of `package`, those in functions included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            if node.level:
                base = [*package[: len(package) - node.level + 1], *base]
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])
        elif isinstance(node, ast.Call) and node.args:
            function = getattr(node.func, "attr", getattr(node.func, "id", ""))
            name = node.args[0]
            if function == "import_module" and isinstance(name, ast.Constant):
                yield node.lineno, str(name.value)


def trespasses(source: str, own: str, package: tuple[str, ...] = ("scallion",)) -> list[str]:
    """The imports in a file that reach into a room below its own."""
    found: list[str] = []
    for line, name in imported(source, package):
        parts = name.split(".")
        if parts[0] != "scallion" or len(parts) < 2 or parts[1].startswith("__version"):
            continue
        other = parts[1]
        below = other not in DOORS and FLOOR.get(other, -1) > FLOOR[own]
        if below or other in FORBIDDEN.get(own, ()):
            found.append(f"line {line}: {own} imports {name}")
        elif other == "utils":
            found.append(f"line {line}: {own} imports a public namespace, {name}")
    return found


def test_every_module_has_its_place_in_the_table() -> None:
    known = {*FLOOR, *DOORS}
    assert [str(path) for path in modules() if top(path) not in known] == []


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if top(path) not in DOORS],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    package = ("scallion", *path.relative_to(PACKAGE).parts[:-1])
    assert trespasses(path.read_text(encoding="utf-8"), top(path), package) == []


@pytest.mark.parametrize(
    "source",
    [
        "import scallion.models",
        "from scallion import models",
        "from scallion.models import Model",
        "def f():\n    from scallion.models import Model",
        "from ..models import Model",
        "from .. import models",
        "import importlib\nimportlib.import_module('scallion.models')",
        "from scallion.utils import set_random_seed",
    ],
)
def test_an_import_of_a_room_below_is_found(source: str) -> None:
    assert len(trespasses(source, "layers", ("scallion", "layers"))) == 1


@pytest.mark.parametrize("package", ["models", "engine"])
def test_insight_imports_neither_models_nor_engine(package: str) -> None:
    assert len(trespasses(f"import scallion.{package}", "insight", ("scallion", "insight"))) == 1


@pytest.mark.parametrize(
    "source",
    ["import numpy", "from scallion.layers.spec import Spec", "from . import spec", "import re.x"],
)
def test_an_import_of_the_own_room_or_of_a_library_is_none_of_our_business(source: str) -> None:
    assert trespasses(source, "models", ("scallion", "layers")) == []
