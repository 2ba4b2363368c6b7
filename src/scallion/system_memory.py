"""Available memory, checked before large arrays are allocated."""

from collections.abc import Callable
from pathlib import Path

from scallion.errors import EngineError

_CHECKED_BYTES = 1 << 24  # smaller allocations are not checked


def available_bytes() -> int | None:
    """Return the bytes that this process can still allocate, or None if unknown.

    The least of what the system, the control group (container) and `ulimit -v` allow.
    """
    limits = (_in_system(), _in_control_group(), _below_ulimit())
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def require_bytes(count: int, what: str, hint: str) -> None:
    """Raise EngineError if `count` bytes are not free.

    `what` begins the message, such as "the array 'w' takes"; `hint` is its hint.
    """
    left = available_bytes() if count >= _CHECKED_BYTES else None
    if left is not None and count > left:
        raise EngineError(
            f"{what} {format_bytes(count)}, and {format_bytes(left)} are free", hint=hint
        )


def format_bytes(count: int) -> str:
    """Return a number of bytes in MB or GB."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _in_system() -> int | None:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _in_control_group() -> int | None:
    """Return the limit of a container (cgroup v2) minus what is used and cannot be dropped."""
    group = Path("/sys/fs/cgroup")
    limit, used = _lines(group / "memory.max"), _lines(group / "memory.current")
    if not limit or not used or not limit[0].isdecimal():
        return None
    droppable = _first(_lines(group / "memory.stat"), lambda line: line.startswith("inactive_file"))
    return max(0, int(limit[0]) - int(used[0]) + (int(droppable.split()[1]) if droppable else 0))


def _below_ulimit() -> int | None:
    """Return the address space that `ulimit -v` leaves."""
    try:
        import resource  # not on Windows
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
