"""Measure how much longer `import scallion` takes than `import numpy`; the goal is at most 0.05 s.

Fresh interpreters in turn, medians. The first of each is ignored, as it fills the disk cache.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from statistics import median

STATEMENTS = {
    "nothing": "pass",
    "numpy": "import numpy",
    "scallion": "import numpy, scallion",
    "a network": "import numpy, scallion; scallion.layers, scallion.models, scallion.losses",
}


def seconds(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--smoke", action="store_true", help="twice each, to see that it works")
    options = parser.parse_args()
    rounds = 2 if options.smoke else options.rounds + 1
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(rounds):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    medians = {name: round(median(values[1:]), 4) for name, values in times.items()}
    above = round(medians["scallion"] - medians["numpy"], 4)
    print(
        json.dumps(
            {
                "seconds": medians,
                "scallion_above_numpy": above,
                "rounds": rounds - 1,
                "python": platform.python_version(),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
