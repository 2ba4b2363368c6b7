"""What a run ran on: the part of a result that is not in its configuration."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import scallion
from scallion import engine as engines
from scallion import session


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine and the versions, as `environment.json` keeps them.

    `instruction_set` is that of the compiled kernels, None on the reference engine. `started` is
    the time in UTC, ISO 8601.
    """

    scallion: str
    python: str
    numpy: str
    system: str
    machine: str
    cpu: str
    cores: int
    threads: int
    engine: str
    instruction_set: str | None
    started: str

    @classmethod
    def here(cls) -> "Environment":
        """This machine, now. Raises ArgumentError where a variable asks for what cannot be."""
        return cls(
            scallion=scallion.__version__,
            python=platform.python_version(),
            numpy=np.__version__,
            system=f"{platform.system()} {platform.release()}",
            machine=platform.machine(),
            cpu=cpu_name(),
            cores=os.cpu_count() or 1,
            threads=session.get_threads(),
            engine=engines.resolve(),
            instruction_set=engines.capabilities().instruction_set,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def cpu_name() -> str:
    """The processor's name as the platform gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine() or "unknown"
