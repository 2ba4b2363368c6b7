"""Count the instructions of a training step with valgrind, where clocks cannot be trusted.

    python benchmarks/instructions.py            # count, and compare with the stored bounds
    python benchmarks/instructions.py --update   # store what is counted now

The difference of two runs with different numbers of steps is what the steps take, without the start
of the interpreter and lowering. One thread, AVX2 kernels on every machine. More than 10 % above the
bound is an error, exit code 1.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BOUNDS = HERE / "results" / "instructions.json"
ALLOWED = 1.10
STEPS = (1, 3)
NETWORKS = ("lesson", "resnet20")

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from limit import jobs
import scallion
scallion.set_threads(1)
job = jobs(sys.argv[2], ["train"], 16)[0]
for _ in range(int(sys.argv[3])):
    job.once()
"""


def counted(network: str, steps: int) -> int:
    """Return the instructions of a process that trains this many steps."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", sys.executable,
             "-c", PROGRAM, str(HERE), network, str(steps)],
            capture_output=True, text=True, check=False,
            env=os.environ | {"SCALLION_ISA": "avx2", "PYTHONHASHSEED": "0",
                              "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        totals = [line for line in out.read_text().splitlines() if line.startswith("totals:")]
        return int(totals[0].split()[1])


def per_image(network: str) -> float:
    few, many = (counted(network, steps) for steps in STEPS)
    return (many - few) / (STEPS[1] - STEPS[0]) / 16


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="store what is counted now")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("instructions.py: valgrind is not installed\nhint: apt-get install valgrind")
    known = json.loads(BOUNDS.read_text()) if BOUNDS.exists() else {}
    worse = False
    for network in options.networks:
        count = round(per_image(network))
        bound = known.get(network)
        worse = worse or (bound is not None and count > ALLOWED * bound)
        share = "" if bound is None else f", {100 * count / bound:.1f} % of the stored {bound:,}"
        print(f"{network}: {count:,} instructions per image{share}", flush=True)
        if options.update:
            known[network] = count
    if options.update:
        BOUNDS.write_text(json.dumps(known, indent=2) + "\n")
        return 0
    return int(worse)


if __name__ == "__main__":
    sys.exit(main())
