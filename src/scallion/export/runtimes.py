"""The software that exports are for, where it is installed: it verifies them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from scallion.errors import ExportError

_NODE = 18  # the first version with all that the pages use
_NODE = 18  # the first version with all that the pages use
_SECONDS = 600  # importing a large library from a slow disk takes a minute


def installed(module: str) -> str | None:
    """Return the name and version of an installed module, or None. Imports nothing."""
    if find_spec(module) is None:
        return None
    try:
        return f"{module} {metadata.version(module)}"
    except metadata.PackageNotFoundError:  # a package of another name, or without a record
        return module


def node() -> str | None:
    """Return Node and its version, if it is installed and runs the engine of pages."""
    program = shutil.which("node")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 (a fixed argument)
        [program, "--version"], capture_output=True, text=True, check=False
    )
    version = done.stdout.strip().removeprefix("v")
    major = version.partition(".")[0]
    return f"node {version}" if major.isdigit() and int(major) >= _NODE else None


def run_python(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    accepts: tuple[int, ...] = (0,),
) -> str:
    """Run Python in a folder, in a process of its own, and return what it prints.

    A large library is then not loaded into this process, and cannot change it. Raises ExportError
    if the program fails.
    """
    done = subprocess.run(  # noqa: S603 (programs of our own, and without a shell)
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode not in accepts:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise ExportError(
            f"the exported model does not run: {lines[-1]}",
            hint="another format: scallion export --help lists them",
        )
    return done.stdout
