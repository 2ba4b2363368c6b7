"""What `scallion doctor` finds: versions, the engine and its speed, where the data are."""

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from scallion import datasets, files
from scallion.engine import native
from scallion.errors import FileError
from scallion.runs.folder.environment import Environment

NO_COMPILER = (
    "there is no compiled engine, so the slow reference engine runs; install g++ or clang++ "
    "(Debian: apt-get install g++ python3-dev, a Mac: xcode-select --install), then "
    "pip install --force-reinstall --no-cache-dir scallion"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a named set is: `bundled`, `cache`, `keras`, or None where it must be fetched.

    `path` is what was found; whether it is whole, loading tells.
    """

    name: str
    where: str | None
    path: Path | None
    size: int


@dataclass(frozen=True, slots=True)
class SystemCheck:
    """All that `scallion doctor` says. `gflops` is None where only the reference engine runs."""

    environment: Environment
    gflops: float | None
    data: tuple[Place, ...]
    hints: tuple[str, ...]


def check_system() -> SystemCheck:
    """Look at this installation; measuring takes a third of a second."""
    here = Environment.here()
    hints = [] if native.is_available() else [NO_COMPILER]
    places = tuple(find(name) for name in datasets.names())
    return SystemCheck(
        here,
        native.measure_peak() if here.engine == "native" else None,
        places,
        tuple(hints),
    )


def find(name: str) -> Place:
    """Where the images of a named set would come from. Raises UnknownNameError."""
    known = datasets.find(name)
    if known.bundled:
        folder = Path(datasets.__file__).parent / "data" / known.name
        return Place(known.name, "bundled" if folder.is_dir() else None, folder, known.size)
    source = import_module(f"scallion.datasets.{known.name}").SOURCE
    try:
        candidates = [("cache", files.cache_dir() / "datasets" / source.archive)]
        home = files.expand_home(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets"
    except FileError:
        return Place(known.name, None, None, known.size)
    kept = (*source.keras_archives(), *source.keras_folders())
    candidates += [("keras", home / entry) for entry in kept]
    found = next(((where, path) for where, path in candidates if path.exists()), (None, None))
    return Place(known.name, *found, known.size)


def format_system_check(checkup: SystemCheck) -> str:
    """The findings as lines with a heading each."""
    here = checkup.environment
    speed = "not measured: the reference engine runs"
    if checkup.gflops is not None:
        speed = f"{checkup.gflops:.0f} GFLOP/s, the limit of {_threads(here.threads)}"
    lines = [
        ("scallion", here.scallion),
        ("python", f"{here.python}, numpy {here.numpy}"),
        ("system", f"{here.system}, {here.machine}"),
        ("processor", f"{here.cpu}, {here.cores} cores"),
        ("engine", f"{here.engine}, {here.instruction_set or 'plain NumPy'}"),
        ("threads", str(here.threads)),
        ("speed", speed),
        *((place.name, _found(place)) for place in checkup.data),
        *(("hint", hint) for hint in checkup.hints),
    ]
    width = max(len(head) for head, _ in lines)
    return "\n".join(f"{head:<{width}}  {text}" for head, text in lines)


def _found(place: Place) -> str:
    if place.where == "bundled":
        return "in the package"
    if place.where is None:
        return f"not here; fetched when it is used ({place.size / 1e6:.0f} MB)"
    whose = "in Scallion's cache" if place.where == "cache" else "in Keras' cache"
    return f"{whose}: {place.path}"


def _threads(count: int) -> str:
    return "one thread" if count == 1 else f"{count} threads"
