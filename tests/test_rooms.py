"""The package structure: a package imports only earlier rows of a table; class names are unique."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import scallion

PACKAGE = Path(scallion.__file__).parent

# Packages and base modules, from the bottom up. Modules of one row may import each other.
ROOMS = (
    (
        "batch_streams",
        "class_registry",
        "custom_objects",
        "differentiation",
        "eager_array",
        "errors",
        "file_versions",
        "files",
        "finding_rules",
        "findings",
        "hdf5",
        "history_file",
        "installation",
        "interrupt_handler",
        "keyword_names",
        "lazy_imports",
        "mapped_memory",
        "missing_names",
        "pixel_ranges",
        "plot_fonts",
        "protobuf",
        "random",
        "session",
        "system_memory",
        "temporary_files",
        "text_format",
        "toml_format",
    ),
    ("initializers", "activations", "regularizers", "constraints", "layers"),
    ("graph", "ops"),
    ("losses", "metrics", "optimizers", "schedules"),
    ("engine",),
    ("callbacks", "models"),
    ("datasets", "images", "applications"),
    ("insight",),
    ("plots",),
    ("runs",),
    ("jobs",),
    ("export",),
    ("study",),
    ("html",),
    ("report", "lesson"),
    ("cli", "compat", "workbench", "__main__"),
)
ROW = {name: row for row, names in enumerate(ROOMS) for name in names}

# Packages in earlier rows that a package may not import all the same: insight works on arrays.
FORBIDDEN = {"insight": {"engine", "models", "callbacks"}}

# Packages of more than 15 modules, each with the reason why it is not divided.
MOST_MODULES = 15
LARGE_PACKAGES = {
    ".": "Keras' namespaces, and base modules that the whole package imports by a short path",
    "cli/commands": "one module per command; their number is the number of commands",
}

# Public namespaces, which re-export names of any row lazily.
NAMESPACES = ("__init__", "backend", "saving", "utils")


def modules() -> list[Path]:
    """Return all modules of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def top(path: Path) -> str:
    """Return the table's entry of a file: `layers` for layers/base/spec.py."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(source: str, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each import in a file of `package`, also in functions."""
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


def forbidden_imports(source: str, own: str, package: tuple[str, ...] = ("scallion",)) -> list[str]:
    """Return the imports in a file that name a later row than its own."""
    found: list[str] = []
    for line, name in imported(source, package):
        parts = name.split(".")
        if parts[0] != "scallion" or len(parts) < 2 or parts[1].startswith("__version"):
            continue
        other = parts[1]
        is_later = other not in NAMESPACES and ROW.get(other, -1) > ROW[own]
        if is_later or other in FORBIDDEN.get(own, ()):
            found.append(f"line {line}: {own} imports {name}")
        elif other == "utils":
            found.append(f"line {line}: {own} imports a public namespace, {name}")
    return found


def test_every_module_is_in_the_table() -> None:
    known = {*ROW, *NAMESPACES}
    assert [str(path) for path in modules() if top(path) not in known] == []


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if top(path) not in NAMESPACES],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_modules_import_only_earlier_rows(path: Path) -> None:
    package = ("scallion", *path.relative_to(PACKAGE).parts[:-1])
    assert forbidden_imports(path.read_text(encoding="utf-8"), top(path), package) == []


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
def test_imports_of_later_rows_are_found(source: str) -> None:
    assert len(forbidden_imports(source, "layers", ("scallion", "layers"))) == 1


@pytest.mark.parametrize("package", ["models", "engine"])
def test_insight_imports_neither_models_nor_engine(package: str) -> None:
    assert (
        len(forbidden_imports(f"import scallion.{package}", "insight", ("scallion", "insight")))
        == 1
    )


@pytest.mark.parametrize(
    "source",
    [
        "import numpy",
        "from scallion.layers.base import spec",
        "from . import spec",
        "import re.x",
    ],
)
def test_imports_of_libraries_and_own_row_are_allowed(source: str) -> None:
    assert forbidden_imports(source, "models", ("scallion", "layers")) == []


def test_no_package_has_more_modules_than_a_reader_can_survey() -> None:
    found = Counter(
        path.parent.relative_to(PACKAGE).as_posix()
        for path in modules()
        if path.name != "__init__.py"
    )
    large = {package for package, count in found.items() if count > MOST_MODULES}
    assert large == set(LARGE_PACKAGES), "divide the package, or give the reason above"


def test_no_two_public_classes_share_a_name() -> None:
    found: dict[str, list[str]] = {}
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(top(path))
    # Keras itself has losses that are metrics, too, Identity as an initializer and a layer, and
    # Sum and Mean as operations and metrics.
    pairs = (["losses", "metrics"], ["initializers", "layers"], ["layers", "metrics"])
    shared = {name: homes for name, homes in found.items() if len(homes) > 1}
    assert [name for name, homes in shared.items() if sorted(homes) not in pairs] == []
