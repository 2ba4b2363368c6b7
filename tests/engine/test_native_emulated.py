"""NEON in an emulator is bit-identical to AVX2, kernel by kernel."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / "native" / "run.sh"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        platform.machine() != "x86_64"
        or not shutil.which("aarch64-linux-gnu-g++")
        or not shutil.which("qemu-aarch64-static"),
        reason="needs an x86 with Debian's g++-aarch64-linux-gnu and qemu-user-static",
    ),
]


def hashes(instruction_set: str) -> list[str]:
    done = subprocess.run(
        [str(RUN), instruction_set], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_neon_and_avx2_are_bit_identical() -> None:
    wanted = hashes("avx2")
    assert len(wanted) > 400
    assert hashes("neon") == wanted
