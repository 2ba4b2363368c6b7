"""The networks that the benchmarks build in PyTorch are those that they build in Scallion."""

import sys
from pathlib import Path

import pytest

import scallion

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from networks import NETWORKS  # noqa: E402 -- in the folder that was just added
from torch_networks import BUILDERS  # noqa: E402


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_as_many_parameters_and_classes_in_pytorch(name):
    network = NETWORKS[name]
    ours = network.build(scallion, network.shape)
    theirs = BUILDERS[name]()
    height, width, channels = network.shape
    outputs = theirs(torch.zeros((2, channels, height, width)))
    trainable = sum(int(weight.numpy().size) for weight in ours.trainable_weights)
    assert sum(parameter.numel() for parameter in theirs.parameters()) == trainable
    assert tuple(outputs.shape) == (2, ours.output_shape[-1])
