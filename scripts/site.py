"""What mkdocs asks when it builds the site: pages that are made rather than written.

The reference has a page for each public namespace, from the docstrings of what it exports; the
changelog is the repository's own.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
TITLES = {
    "scallion": "scallion",
    "scallion.layers": "Layers",
    "scallion.models": "Models",
    "scallion.losses": "Losses",
    "scallion.metrics": "Metrics",
    "scallion.optimizers": "Optimizers",
    "scallion.schedules": "Schedules",
    "scallion.callbacks": "Callbacks",
    "scallion.initializers": "Initializers",
    "scallion.regularizers": "Regularizers",
    "scallion.constraints": "Constraints",
    "scallion.activations": "Activations",
    "scallion.utils": "Utilities",
    "scallion.datasets": "Data sets",
    "scallion.images": "Images",
    "scallion.insight": "Insight",
    "scallion.runs": "Runs",
    "scallion.report": "Reports",
    "scallion.study": "Studies",
    "scallion.lesson": "Lessons",
    "scallion.errors": "Errors",
}
FIRST = ("index.md",)  # before all other pages


def on_config(config: Any) -> Any:
    """The order of the pages: the guides by their titles, then the reference."""
    sys.path.insert(0, str(ROOT / "src"))  # not above: mkdocs takes it back after the import
    guides = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    pages = [*FIRST, *(name for name in guides if name not in FIRST)]
    reference = [{title: _place(name)} for name, title in TITLES.items() if _has(name)]
    config.nav = [*pages, {"Reference": reference}, {"Changelog": "changelog.md"}]
    return config


def on_files(files: Files, config: Any) -> Files:
    """The pages that no file holds."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "changelog.md", content=changes))
    for name, title in TITLES.items():
        if _has(name):
            content = _reference(name, title)
            files.append(File.generated(config, _place(name), content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links out of docs/ lead to the pages made here, or stay as words."""
    return markdown.replace("](../CHANGELOG.md)", "](changelog.md)")


def _has(name: str) -> bool:
    return (ROOT / "src" / Path(*name.split("."))).with_suffix(".py").exists() or (
        ROOT / "src" / Path(*name.split(".")) / "__init__.py"
    ).exists()


def _place(name: str) -> str:
    return f"reference/{name.rpartition('.')[2]}.md"


def _reference(name: str, title: str) -> str:
    """Each public class and function of a namespace, by the module that it is written in."""
    module = import_module(name)
    lines = [f"# {title}", "", inspect.getdoc(module) or "", ""]
    seen: set[str] = set()
    for public in getattr(module, "__all__", sorted(vars(module))):
        value = getattr(module, public)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not value.__module__.startswith("scallion"):
            continue
        dotted = f"{value.__module__}.{value.__qualname__}"
        if dotted not in seen and not public.startswith("_"):
            seen.add(dotted)
            lines.append(f"::: {dotted}\n")
    return "\n".join(lines)
