"""The environment of a run: machine, versions and engine, which are not part of its settings."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import scallion
from scallion import engine as engines
from scallion import file_versions, session


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine and the versions, as `environment.json` stores them.

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
    format_version: int = file_versions.ENVIRONMENT

    @classmethod
    def here(cls, engine: str = "auto") -> "Environment":
        """Return this machine with the engine that runs for this choice.

        Raises ArgumentError if an environment variable has an invalid value, and EngineError for an
        engine that cannot run here.
        """
        return cls(
            scallion=scallion.__version__,
            python=platform.python_version(),
            numpy=np.__version__,
            system=f"{platform.system()} {platform.release()}",
            machine=platform.machine(),
            cpu=cpu_name(),
            cores=os.cpu_count() or 1,
            threads=session.get_threads(),
            engine=engines.resolve(engine),
            instruction_set=engines.capabilities(engine).instruction_set,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def cpu_name() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine() or "unknown"
