"""The check of an installation, `scallion doctor`: versions, engine, speed, data sets."""

from dataclasses import dataclass

from scallion import datasets
from scallion.datasets.dataset_location import DatasetLocation, locate_dataset
from scallion.engine import native
from scallion.runs.folder.environment import Environment
from scallion.text_format import plural

NO_COMPILER = (
    "there is no compiled engine, so the slow reference engine runs; install g++ or clang++ "
    "(Debian: apt-get install g++ python3-dev, a Mac: xcode-select --install), then "
    "pip install --force-reinstall --no-cache-dir scallion"
)


@dataclass(frozen=True, slots=True)
class SystemCheck:
    """The report of `scallion doctor`. `gflops` is None if only the reference engine runs."""

    environment: Environment
    gflops: float | None
    data: tuple[DatasetLocation, ...]
    hints: tuple[str, ...]


def check_system() -> SystemCheck:
    """Examine this installation, and measure the engine's peak speed for a third of a second."""
    hints = () if native.is_available() else (NO_COMPILER,)
    machine = Environment.here()
    return SystemCheck(
        machine,
        native.measure_peak() if machine.engine == "native" else None,
        tuple(locate_dataset(name) for name in datasets.names()),
        hints,
    )


def format_system_check(check: SystemCheck) -> str:
    """Return the check as lines, each with its heading."""
    machine = check.environment
    speed = "not measured: the reference engine runs"
    if check.gflops is not None:
        speed = f"{check.gflops:.0f} GFLOP/s, the limit of {plural(machine.threads, 'thread')}"
    lines = [
        ("scallion", machine.scallion),
        ("python", f"{machine.python}, numpy {machine.numpy}"),
        ("system", f"{machine.system}, {machine.machine}"),
        ("processor", f"{machine.cpu}, {machine.cores} cores"),
        ("engine", f"{machine.engine}, {machine.instruction_set or 'plain NumPy'}"),
        ("threads", str(machine.threads)),
        ("speed", speed),
        *((location.name, _place(location)) for location in check.data),
        *(("hint", hint) for hint in check.hints),
    ]
    width = max(len(heading) for heading, _ in lines)
    return "\n".join(f"{heading:<{width}}  {text}" for heading, text in lines)


def _place(location: DatasetLocation) -> str:
    if location.place == "bundled":
        return "in the package"
    if location.place is None:
        return f"not on this machine; downloaded when used ({location.size / 1e6:.0f} MB)"
    cache = "in Scallion's cache" if location.place == "cache" else "in Keras' cache"
    return f"{cache}: {location.path}"
