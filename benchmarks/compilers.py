"""Compare the engine that zig compiled with g++'s: speed and bits.

    python benchmarks/compilers.py G++_LIBRARY ZIG_LIBRARY [--rounds N]

Rounds of both alternate, each in a process of its own. Prints, per network, the median of the
ratios (1.0: as fast; above 1: zig's is faster), and whether the weights are bit-identical. Exits 1
where the ratio is below 0.97 or the bits differ. Libraries: `scripts/build` writes g++'s to
src/scallion/engine, `scripts/wheels linux-x86_64` zig's to build/wheels/linux-x86_64.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
LEAST_RATIO = 0.97
NAMES = ("lesson", "resnet20", "mobile")

ROUND = """
import hashlib, json, sys, time
sys.path.insert(0, {benchmarks!r})
import numpy as np, scallion
from networks import NETWORKS
from real_images import real_images
network = NETWORKS[{name!r}]
scallion.utils.set_random_seed(7)
x, y = real_images(network.shape)
x, y = x[: network.batch * {steps}], y[: network.batch * {steps}]
model = network.build(scallion, network.shape)
loss = scallion.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile("adam", loss)
model.fit(x[: network.batch], y[: network.batch], batch_size=network.batch, verbose=0)
started = time.perf_counter()
model.fit(x, y, batch_size=network.batch, verbose=0)
seconds = time.perf_counter() - started
weights = b"".join(np.ascontiguousarray(w).tobytes() for w in model.get_weights())
print(json.dumps([seconds, hashlib.sha256(weights).hexdigest()]))
"""


def package_with(library: Path, folder: Path) -> Path:
    """Return a folder with the package in which only the compiled library is another one."""
    source = ROOT / "src/scallion"
    engine = folder / "scallion/engine"
    engine.mkdir(parents=True)
    for path in source.iterdir():
        if path.name != "engine":
            (folder / "scallion" / path.name).symlink_to(path)
    for path in (source / "engine").iterdir():
        if not path.name.startswith("libscallion"):
            (engine / path.name).symlink_to(path)
    (engine / "libscallion.so").symlink_to(library.resolve())
    return folder


def run(package: Path, name: str, steps: int) -> tuple[float, str]:
    """Train for some steps; return the seconds and the hash of the weights."""
    benchmarks = str(Path(__file__).parent)
    program = ROUND.format(benchmarks=benchmarks, name=name, steps=steps)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, digest = json.loads(done.stdout)
    return seconds, digest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gcc", type=Path, metavar="G++_LIBRARY")
    parser.add_argument("zig", type=Path, metavar="ZIG_LIBRARY")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--networks", nargs="+", default=NAMES)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        gcc = package_with(options.gcc, Path(folder, "gcc"))
        zig = package_with(options.zig, Path(folder, "zig"))
        for name in options.networks:
            ratios, digests = [], set()
            for _ in range(options.rounds):
                (first, a), (second, b) = (run(p, name, options.steps) for p in (gcc, zig))
                ratios.append(first / second)
                digests |= {a, b}
            ratio, same = median(ratios), len(digests) == 1
            failed |= ratio < LEAST_RATIO or not same
            print(f"{name:10} {ratio:.3f}  {'bit-identical' if same else 'OTHER BITS'}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
