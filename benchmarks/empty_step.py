"""Measure the overhead of a step of the native engine: a network without arithmetic.

The least process time of many rounds, in microseconds, of a step of the compiled program and of
`NativeEngine.predict`. One thread, one image. The goal is less than 10.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from scallion import layers, set_threads
from scallion.engine import native
from scallion.engine.programs.compiled_program import CompiledProgram
from scallion.graph import Graph
from scallion.layers import Input

CALLS = 2000


def microseconds(call: Callable[[], object], rounds: int) -> float:
    """Return the fewest microseconds of process time per call."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(CALLS):
            call()
        best = min(best, time.process_time() - start)
    return 1e6 * best / CALLS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="one round, to see that it works")
    rounds = 1 if parser.parse_args().smoke else 200
    set_threads(1)
    image = Input((1, 1, 1))
    graph = Graph((image,), (layers.Flatten()(image),))
    images, indices = np.zeros((64, 1, 1, 1), np.float32), np.arange(1)
    program = CompiledProgram(graph, "predict", 1, None)
    engine = native.NativeEngine(graph)
    calls: dict[str, Callable[[], object]] = {
        "a step of the program": lambda: program.run([images], indices),
        "NativeEngine.predict": lambda: engine.predict((images,), indices),
    }
    for name, call in calls.items():
        print(f"{microseconds(call, rounds):6.2f} microseconds: {name}")


if __name__ == "__main__":
    main()
