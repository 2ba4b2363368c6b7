"""Every instruction set matches the reference; those with fused operations are bit-identical."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scallion.engine import native

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

NOT_HERE = "SCALLION_ISA names no instruction set of this CPU"

PROGRAM = """
import hashlib, sys
sys.path[:0] = sys.argv[1].split("|")
import numpy as np
from network_cases import CASES
from networks import batch, fill, objective
from scallion.engine import native
from scallion.optimizers import Adam
for case in CASES[::int(sys.argv[2])]:
    graph = case.make()
    fill(graph)
    optimizer = Adam(0.01)
    engine = native.NativeEngine(graph, objective(graph, optimizer))
    digest = hashlib.sha256()
    for step in range(2):
        result = engine.train(batch(graph, 17, seed=step), seed=5, step=step)
        digest.update(np.float64(result.loss).tobytes())
    data = batch(graph, 5, seed=2)
    predicted = engine.predict(data.inputs, data.indices)
    for array in [*result.outputs, *predicted, *(w.value for w in graph.weights)]:
        digest.update(array.tobytes())
    print(case, digest.hexdigest())
print(native.instruction_set())
"""


def run_with(instruction_set: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "SCALLION_ISA": instruction_set},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def trained_with(instruction_set: str, every: int = 1) -> subprocess.CompletedProcess[str]:
    paths = "|".join(path for path in sys.path if path)
    return run_with(instruction_set, "-c", PROGRAM, paths, str(every))


@pytest.mark.parametrize("instruction_set", ["baseline", "avx2", "avx512", "neon"])
def test_each_instruction_set_matches_the_reference(instruction_set: str) -> None:
    if NOT_HERE in trained_with(instruction_set, every=1000).stderr:
        pytest.skip(f"this CPU has no {instruction_set}")
    suite = Path(__file__).with_name("test_native_against_reference.py")
    only = ("-k", "17 and step", "-q", "-p", "no:cacheprovider", f"--rootdir={suite.parents[2]}")
    done = run_with(instruction_set, "-m", "pytest", str(suite), *only)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("instruction_set", ["baseline", "avx2", "avx512", "neon"])
def test_nan_survives_with_each_instruction_set(instruction_set: str) -> None:
    if NOT_HERE in trained_with(instruction_set, every=1000).stderr:
        pytest.skip(f"this CPU has no {instruction_set}")
    suite = Path(__file__).with_name("test_non_finite_values.py")
    only = (
        "-k",
        "native and not network",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={suite.parents[2]}",
    )
    done = run_with(instruction_set, "-m", "pytest", str(suite), *only)
    assert done.returncode == 0, done.stdout[-3000:]


def test_avx2_and_avx512_are_bit_identical() -> None:
    wide = trained_with("avx512")
    narrow = trained_with("avx2")
    if NOT_HERE in wide.stderr + narrow.stderr:
        pytest.skip("this CPU does not have both")
    assert not wide.returncode, wide.stderr
    assert wide.stdout.splitlines()[:-1] == narrow.stdout.splitlines()[:-1]
    assert wide.stdout.splitlines()[-1] == "avx512"


def test_an_unknown_instruction_set_is_refused() -> None:
    done = trained_with("sse9", every=1000)
    assert done.returncode != 0
    error = done.stderr[done.stderr.index("scallion.errors.ArgumentError") :]
    assert "Received: 'sse9'" in error
    assert re.search(r"hint: export SCALLION_ISA=\w+ \(this CPU has \w+", error)
