"""Pages of memory-mapped images are released, and their bytes stay readable."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from scallion import mapped_memory
from scallion.mapped_memory import PageReleaser


def resident(path: Path) -> int:
    """Return the bytes of a mapped file that are in this process's memory."""
    found = 0
    inside = False
    for line in Path("/proc/self/smaps").read_text(errors="replace").splitlines():
        if "-" in line.split(" ")[0] and ":" not in line.split(" ")[0]:
            inside = line.endswith(str(path))
        elif inside and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


@pytest.mark.skipif(
    not (hasattr(mmap, "MADV_DONTNEED") and Path("/proc/self/smaps").exists()), reason="Linux only"
)
def test_read_pages_are_released_and_readable_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_memory, "RELEASE_BYTES", 1_000_000)
    pixels = np.random.default_rng(0).integers(0, 256, (3000, 32, 32, 1), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    read = np.asarray(np.load(tmp_path / "pixels.npy", mmap_mode="r"))[100:]
    total = int(read.sum())
    assert resident(tmp_path / "pixels.npy") > 2_000_000
    PageReleaser(read).count_read(1000)
    assert resident(tmp_path / "pixels.npy") < 200_000
    assert int(read.sum()) == total


def test_arrays_in_memory_are_unchanged() -> None:
    pixels = np.ones((10, 4, 4, 1), np.uint8)
    PageReleaser(pixels).count_read(1 << 40)
    assert pixels.all()
