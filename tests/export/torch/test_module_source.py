"""PyTorch modules as source: each layer is written or refused by name, and the outputs agree."""

import ast
from typing import Any

import numpy as np
import pytest

import export_cases
from default_layers import SHAPE, called, layer_classes, usual_arguments
from networks import flattened
from scallion.activations import FORMULAS
from scallion.engine.operations import OPERATIONS
from scallion.engine.refusal import Refusal
from scallion.errors import UnsupportedError
from scallion.export.torch.index import TORCH_CONVERTERS
from scallion.export.torch.layers import ACTIVATIONS
from scallion.export.torch.module_source import TorchModule, write_module
from scallion.graph import Graph
from scallion.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from scallion.layers.base.layer import Layer
from scallion.models import Model

MODELS = {
    "layers": export_cases.layer_networks,
    "named": export_cases.named_networks,
    "random": export_cases.random_models,
}


def test_every_specification_has_a_row() -> None:
    assert set(TORCH_CONVERTERS) == set(OPERATIONS)


def test_every_activation_has_a_formula() -> None:
    assert set(ACTIVATIONS) == set(FORMULAS)


@pytest.mark.parametrize("kind", layer_classes(), ids=lambda kind: kind.__name__)
def test_each_layer_is_written_or_refused_by_name(kind: type[Layer]) -> None:
    layer = kind(*usual_arguments(kind))
    start = Input(SHAPE)
    graph = Graph((start,), (flattened(called(layer, start)),))
    if isinstance(TORCH_CONVERTERS[type(layer.spec)], Refusal):
        with pytest.raises(UnsupportedError, match=layer.name):
            write_module(graph)
    else:
        assert ast.parse(write_module(graph).source)


def test_a_chain_reads_as_a_person_would_write_it() -> None:
    x = Input((8, 8, 3))
    y = Conv2D(4, 3, activation="relu", padding="same", name="first")(x)
    y = MaxPooling2D()(y)
    y = Dense(2, name="head")(Flatten()(y))
    source = write_module(Graph((x,), (y,)), adds_softmax=True).source
    assert source.endswith(
        """\
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(64, 2)

    def forward(self, images):
        x = F.relu(self.first(images.permute(0, 3, 1, 2)))  # (N, 4, 8, 8)
        x = F.max_pool2d(x, 2)  # (N, 4, 4, 4)
        x = x.flatten(1)  # (N, 64)
        x = self.head(x)  # (N, 2)
        return F.softmax(x, dim=-1)
"""
    )


@pytest.mark.parametrize("name", ["class", "forward", "2nd", "a.b", "_x", "ü", 'x"); import os #'])
def test_any_layer_name_gives_a_python_name(name: str) -> None:
    x = Input((4,))
    layer = Dense(2, name="plain")
    layer.name = name
    tree = ast.parse(write_module(Graph((x,), (layer(x),))).source)
    assert [type(node).__name__ for node in tree.body] == [
        "Expr", "Import", "ImportFrom", "ImportFrom", "ClassDef"
    ]  # fmt: skip


def run_torch(module: TorchModule, images: list[np.ndarray]) -> list[np.ndarray]:
    torch = pytest.importorskip("torch")
    namespace: dict[str, Any] = {}
    exec(compile(module.source, "model.py", "exec"), namespace)
    network = namespace["Network"]()
    weights = {name: torch.from_numpy(array.copy()) for name, array in module.weights.items()}
    network.load_state_dict(weights)
    network.eval()
    with torch.no_grad():
        outputs = network(*map(torch.from_numpy, images))
    return [one.numpy() for one in (outputs if isinstance(outputs, tuple) else (outputs,))]


@pytest.mark.exports
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", MODELS)
def test_torch_gives_the_same_outputs(kind: str) -> None:
    apart: dict[str, float] = {}
    for name, model in MODELS[kind]():
        images = export_cases.images_for(model)
        found = run_torch(write_module(model.graph), images)
        apart[name] = export_cases.disagreement(export_cases.predicted(model, images), found)
    assert {name: value for name, value in apart.items() if not value <= 1e-5} == {}
    assert len(apart) >= 10


def test_two_outputs_are_returned_in_order() -> None:
    x = Input((4,))
    graph = Graph((x,), (Dense(2, name="a")(x), Dense(3, name="b")(x)))
    assert "return a, b" in write_module(graph).source
    assert Model(x, list(graph.outputs)).outputs
