"""Run a Python script with `scallion run`, in a process of its own."""

import subprocess
import sys
import textwrap
from pathlib import Path


def run_script(tmp_path: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Write the script to a file in the folder, and run it."""
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(script), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "scallion", "run", str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )
