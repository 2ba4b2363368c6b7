"""Measure README's installation in a fresh environment: `pip install .` under 100 s on two cores.

    python benchmarks/installation.py [--zig]

With --zig the compiler comes from PyPI, and the bar is 300 s.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zig", action="store_true", help="with the compiler from PyPI")
    options = parser.parse_args()
    most = 300 if options.zig else 100
    environment = {**os.environ, "SCALLION_BUILD": "zig"} if options.zig else dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", "HEAD"], capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", source], input=archive.stdout, check=True)
        started = perf_counter()
        subprocess.run([sys.executable, "-m", "venv", ".venv"], cwd=source, check=True)
        command = [".venv/bin/pip", "install", "-q", "."]
        subprocess.run(command, cwd=source, env=environment, check=True)
        seconds = perf_counter() - started
        doctor = subprocess.run(
            [".venv/bin/scallion", "doctor"], cwd=source, capture_output=True, text=True, check=True
        )
    engine = next(line for line in doctor.stdout.splitlines() if line.startswith("engine"))
    print(f"{seconds:.0f} s (bar: {most} s); {engine}")
    sys.exit(seconds > most or "native" not in engine)


if __name__ == "__main__":
    main()
