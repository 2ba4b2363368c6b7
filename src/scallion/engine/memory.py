"""What a program needs, and whether the machine has it: asked before anything is allocated."""

from collections.abc import Callable
from pathlib import Path

from scallion.engine.planning import LANES
from scallion.engine.program import Program
from scallion.errors import EngineError

_FLOAT = 4  # bytes


def needed(program: Program, threads: int) -> int:
    """Bytes of the buffers that the core allocates for a program."""
    floats = (
        program.image_floats * threads
        + program.batch_floats * program.batch
        + program.lane_floats * LANES
        + program.shared_floats
    )
    return floats * _FLOAT


def available() -> int | None:
    """Bytes that this process may still take, by the system and by its control group; None where
    that is not to be had."""
    known = [found for found in (_of_system(), _of_group()) if found is not None]
    return min(known) if known else None


def require(program: Program, threads: int) -> None:
    """Raises EngineError where a program needs more than there is."""
    wanted, left = needed(program, threads), available()
    if left is not None and wanted > left:
        raise too_large(program, threads, f"and {_size(left)} are free")


def too_large(program: Program, threads: int, why: str) -> EngineError:
    """The error for a program that does not fit into memory."""
    batch = max(1, program.batch // 2)
    return EngineError(
        f"a batch of {program.batch} images needs {_size(needed(program, threads))}, {why}",
        hint=f"a smaller batch, such as batch_size={batch}" if program.batch > 1
        else "smaller images, or fewer filters",
    )  # fmt: skip


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _of_system() -> int | None:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _of_group() -> int | None:
    """The limit of a container (cgroup v2) less what is used and cannot be dropped."""
    group = Path("/sys/fs/cgroup")
    limit, used = _lines(group / "memory.max"), _lines(group / "memory.current")
    if not limit or not used or not limit[0].isdecimal():
        return None
    droppable = _first(_lines(group / "memory.stat"), lambda line: line.startswith("inactive_file"))
    return max(0, int(limit[0]) - int(used[0]) + (int(droppable.split()[1]) if droppable else 0))


def _first(lines: list[str], fits: Callable[[str], bool]) -> str | None:
    return next((line for line in lines if fits(line)), None)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
