"""mkdocs hooks: generate the pages that no file holds.

These are the reference of the commands, from their `--help`; the reference of the Python API, one
page per public namespace, from docstrings; and CHANGELOG.md and CONTRIBUTING.md, which are at the
top of the repository. `mkdocs.yml` holds the order of all pages.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
NAMESPACES = {
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
    "scallion.plots": "Plots",
    "scallion.runs": "Runs",
    "scallion.jobs": "Jobs",
    "scallion.report": "Reports",
    "scallion.study": "Studies",
    "scallion.lesson": "Lessons",
    "scallion.errors": "Errors",
}
COMMANDS = "reference/commands.md"
COPIED = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}


def on_config(config: Any) -> Any:
    """Make the source importable, and put the API pages into the navigation."""
    sys.path.insert(0, str(ROOT / "src"))  # here: mkdocs removes what a hook's import adds
    api = [{title: _api_page(name)} for name, title in NAMESPACES.items() if _exists(name)]
    for section in config.nav:
        if "Reference" in section:
            section["Reference"].append({"Python API": api})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    pages = {COMMANDS: _commands()}
    pages |= {page: (ROOT / source).read_text("utf-8") for page, source in COPIED.items()}
    pages |= {
        _api_page(name): _api(name, title) for name, title in NAMESPACES.items() if _exists(name)
    }
    for page, content in pages.items():
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to files at the top of the repository to the pages made from them."""
    up = "../" * page.file.src_uri.count("/")
    for made, source in COPIED.items():
        markdown = re.sub(rf"\]\((\.\./)*{source}", f"]({up}{made}", markdown)
    if page.file.src_uri in COPIED:
        markdown = markdown.replace("](docs/", "](")
    return markdown


def _exists(name: str) -> bool:
    base = ROOT / "src" / Path(*name.split("."))
    return base.with_suffix(".py").exists() or (base / "__init__.py").exists()


def _api_page(name: str) -> str:
    return f"reference/api/{name.rpartition('.')[2]}.md"


def _api(name: str, title: str) -> str:
    """Return a page with each public class and function, by the module that defines it."""
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


def _commands() -> str:
    """Return a page with the help of every command, subcommands included."""
    import typer

    from scallion.cli.app import app

    root = typer.main.get_command(app)
    lines = [
        "# Commands",
        "",
        "Generated from `--help`. `scallion help COMMAND` shows the same in a terminal.",
        "",
    ]
    for path, command in _walk(root, ("scallion",)):
        context = command.make_context(
            " ".join(path), [], resilient_parsing=True, max_content_width=88
        )
        text = command.get_help(context)
        lines += [f"## `{' '.join(path)}`", "", "```text", _plain(text), "```", ""]
    return "\n".join(lines)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        if not child.hidden:
            yield from _walk(child, (*path, name))


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip("\n")
