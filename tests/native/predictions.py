"""Compare predict.c's predictions with this machine's engine, bit by bit: COMMAND...

COMMAND runs predict.c, compiled for any platform, perhaps in an emulator. Every network of the
tests is predicted. Exits 1 where a bit differs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "kit")]

# ruff: noqa: E402 (the line above makes tests/kit importable)
import numpy as np

from network_cases import CASES, Case
from networks import batch, fill
from scallion.engine import native

IMAGES = 5


def predicts_the_same_bits(case: Case, command: list[str], folder: Path) -> bool:
    """Return whether the command's outputs are those of this machine's engine."""
    graph = case.make()
    fill(graph)
    engine, data = native.NativeEngine(graph), batch(graph, IMAGES)
    images = [np.ascontiguousarray(array[data.indices], np.float32) for array in data.inputs]
    expected = engine.predict(tuple(images), np.arange(IMAGES))
    (folder / "program").write_bytes(engine.serialize(IMAGES))
    inputs = [f"input{i}" for i in range(len(images))]
    outputs = [f"output{i}" for i in range(len(expected))]
    for name, array in zip(inputs, images, strict=True):
        (folder / name).write_bytes(array.tobytes())
    subprocess.run([*command, "program", *inputs, *outputs], cwd=folder, check=True)
    written = [(folder / name).read_bytes() for name in outputs]
    return written == [array.tobytes() for array in expected]


def main(command: list[str]) -> None:
    """Predict with every network."""
    with tempfile.TemporaryDirectory() as folder:
        different = [c for c in CASES if not predicts_the_same_bits(c, command, Path(folder))]
    sys.stdout.write(f"{len(CASES) - len(different)} of {len(CASES)} networks: the same bits\n")
    if different:
        sys.exit(f"other bits: {', '.join(map(str, different))}")


if __name__ == "__main__":
    main(sys.argv[1:])
