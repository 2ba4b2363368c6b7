"""The networks that the benchmarks build in PyTorch are those that they build in Scallion."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

# In a process of its own, as the modules of the benchmarks have names that modules of tests have.
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import scallion, torch
from networks import NETWORKS
from torch_networks import BUILDERS

for name, network in NETWORKS.items():
    ours, theirs = network.build(scallion, network.shape), BUILDERS[name]()
    height, width, channels = network.shape
    outputs = theirs(torch.zeros((2, channels, height, width)))
    print(json.dumps([
        name,
        [sum(weight.numpy().size for weight in ours.trainable_weights), ours.output_shape[-1]],
        [sum(weight.numel() for weight in theirs.parameters()), outputs.shape[-1]],
    ]))
"""


def test_networks_have_as_many_parameters_and_classes_in_pytorch() -> None:
    folder = Path(__file__).parents[2] / "benchmarks"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) >= 7
    for name, ours, theirs in rows:
        assert ours == theirs, name
