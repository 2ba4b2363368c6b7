"""Compare `images.load` on a folder of JPEGs with a plain loop over Pillow.

    python benchmarks/image_folder.py [--rounds 3] [--images 10000]

Both use two cores: the plain loop (open, convert, resize) and `images.load` in two processes.
Alternating. Prints both times and their ratio per round, the time of the second start, the mean
difference between the pixels, and the peak memory of both loading processes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, SMALL, WORKERS = 200, 64, 2
CHILD = """
import resource, sys, time
started = time.perf_counter()
from scallion import images, session
session.set_threads(2)
loaded = images.load(sys.argv[1], size=64)
seconds = time.perf_counter() - started
whose = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
print(seconds, sum(resource.getrusage(who).ru_maxrss for who in whose) / 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.images, arguments.rounds = 200, 1
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "jpegs"
        make(folder, arguments.images)
        files = sorted(folder.rglob("*.jpg"))
        for _ in range(arguments.rounds):
            started = time.perf_counter()
            with ProcessPoolExecutor(WORKERS) as pool:
                for _ in pool.map(plain, files, chunksize=64):
                    pass
            loop = time.perf_counter() - started
            cache = tempfile.mkdtemp(dir=place)
            first, memory = load(folder, cache)
            second, _ = load(folder, cache)
            print(
                f"plain {loop:.2f} s, scallion {first:.2f} s with its start, ratio "
                f"{loop / first:.2f}; second start {second:.2f} s; peak memory {memory:.0f} MB",
                flush=True,
            )
        print(f"mean difference {difference(files[:500]):.2f} of 255")


def make(folder: Path, count: int) -> None:
    """Write images with shapes, colours and camera noise, in ten classes."""
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (12, 12, 3), np.uint8))
        smooth = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
        noisy = smooth + random.normal(0, 6, (SIDE, SIDE, 1))
        place = folder / f"class{number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        image.save(place / f"{number:06}.jpg", quality=90)


def plain(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB").resize((SMALL, SMALL)))


def load(folder: Path, cache: str) -> tuple[float, float]:
    environment = {**os.environ, "SCALLION_CACHE": cache}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, folder],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def difference(files: list[Path]) -> float:
    from scallion.images import ResizeRule

    rule = ResizeRule(SMALL, SMALL, 3)
    parts = [np.abs(rule.apply(path).astype(int) - plain(path)).mean() for path in files]
    return float(np.mean(parts))


if __name__ == "__main__":
    main()
