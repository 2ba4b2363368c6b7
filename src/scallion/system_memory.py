"""How much memory there is, asked before much of it is taken."""

from collections.abc import Callable
from pathlib import Path

from scallion.errors import EngineError

_MUCH = 1 << 24  # bytes from which on it is worth asking


def available_bytes() -> int | None:
    """Bytes that this process may still take: by the system, by its control group and by its own
    limit (`ulimit -v`). None where that is not to be had."""
    known = [found for found in (_of_system(), _of_group(), _of_limit()) if found is not None]
    return min(known) if known else None


def require_bytes(count: int, what: str, hint: str) -> None:
    """Raises EngineError where so many bytes are not free."""
    left = available_bytes() if count >= _MUCH else None
    if left is not None and count > left:
        raise EngineError(
            f"{what} {format_bytes(count)}, and {format_bytes(left)} are free", hint=hint
        )


def format_bytes(count: int) -> str:
    """Bytes as a person reads them."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


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


def _of_limit() -> int | None:
    """What `ulimit -v` leaves of addresses."""
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = _lines(Path("/proc/self/statm"))
    if limit == resource.RLIM_INFINITY or not pages:
        return None
    return max(0, limit - int(pages[0].split()[0]) * resource.getpagesize())


def _first(lines: list[str], fits: Callable[[str], bool]) -> str | None:
    return next((line for line in lines if fits(line)), None)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
