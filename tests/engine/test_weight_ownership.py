"""Weights that an engine holds between synchronisations are pulled when they are read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import scallion
from scallion import engine as engines
from scallion.engine import Capabilities, IndexedBatch, Objective, RegisteredEngine, StepResult
from scallion.graph import Graph
from scallion.layers import Dense, Input
from scallion.layers.base.tensor import Tensor
from scallion.layers.base.variable import Variable, claim
from scallion.models import Model, Sequential

OFFERED = Capabilities(activations=False, input_gradients=False, weight_gradients=False)
X, Y = np.ones((4, 3), np.float32), np.array([0, 1, 0, 1])


class CopyingEngine:
    """Adds 1 per step to copies of its own, as an engine on another device would train there."""

    def __init__(self, graph: Graph, objective: Objective | None = None) -> None:
        self.weights = graph.weights
        self.shape = graph.outputs[0].image_shape
        self.objective = objective
        self.copies: dict[Variable, np.ndarray] = {}
        self.newer: set[Variable] = set()
        self.pulled = 0

    capabilities = OFFERED

    def pull(self, variable: Variable) -> None:
        if variable in self.newer:
            variable.array[...] = self.copies[variable]
            self.newer.remove(variable)
            self.pulled += 1

    def push(self, variable: Variable) -> None:
        self.copies[variable] = variable.array.copy()
        self.newer.discard(variable)

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        claim(self.weights, self)
        for weight in self.weights:
            self.copies[weight] += 1
            self.newer.add(weight)
        assert self.objective is not None
        self.objective.optimizer.batches_seen += 1
        return self.test(batch)

    def test(self, batch: IndexedBatch) -> StepResult:
        claim(self.weights, self)
        outputs = np.zeros((len(batch.indices), *self.shape), np.float32)
        return StepResult(1.0, (1.0,), (outputs,))

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        claim(self.weights, self)
        (kernel, bias) = (self.copies[weight] for weight in self.weights)
        return (inputs[0][indices] @ kernel + bias,)

    def forward(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        *,
        training: bool | None,
        seed: int,
        step: int,
    ) -> tuple[np.ndarray, ...]:
        return self.predict(inputs, indices)

    def activations(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray, tensors: Sequence[Tensor]
    ) -> tuple[np.ndarray, ...]:
        raise NotImplementedError

    def gradients(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        tensors: Sequence[Tensor],
        output_gradient: np.ndarray,
    ) -> tuple[np.ndarray | None, ...]:
        raise NotImplementedError

    def weight_gradients(
        self, batch: IndexedBatch, *, seed: int, step: int
    ) -> tuple[StepResult, list[np.ndarray]]:
        raise NotImplementedError


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[CopyingEngine]:
    """Registers the engine as `copying`; holds those that models have made."""
    engines_made: list[CopyingEngine] = []

    def create(graph: Graph, objective: Objective | None) -> engines.Engine:
        engines_made.append(CopyingEngine(graph, objective))
        return engines_made[-1]

    entry = RegisteredEngine(create, lambda: True, lambda: None, lambda: OFFERED)
    monkeypatch.setitem(engines.ENGINES, "copying", lambda: entry)
    return engines_made


@pytest.fixture
def model() -> Model:
    scallion.utils.set_random_seed(0)
    network = Sequential([Input((3,)), Dense(2)])
    loss = scallion.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile("sgd", loss, engine="copying")
    return network


def train(model: Model, steps: int = 1) -> None:
    for _ in range(steps):
        model.train_on_batch(X, Y)


def test_trained_values_appear_when_they_are_read(made: list[CopyingEngine], model: Model) -> None:
    before = model.get_weights()
    train(model, steps=3)
    np.testing.assert_array_equal(model.weights[0].array, before[0])
    np.testing.assert_allclose(model.weights[0].value, before[0] + 3)
    np.testing.assert_allclose(model.weights[1].numpy(), before[1] + 3)


def test_values_are_pulled_once_per_read_of_newer_values(
    made: list[CopyingEngine], model: Model
) -> None:
    train(model, steps=5)
    model.get_weights()
    model.get_weights()
    assert made[0].pulled == len(model.weights)


def test_assigned_values_reach_the_engine(made: list[CopyingEngine], model: Model) -> None:
    train(model)
    model.set_weights([np.zeros((3, 2)), np.full(2, 5.0)])
    train(model)
    np.testing.assert_array_equal(model.get_weights()[0], np.ones((3, 2)))
    np.testing.assert_array_equal(model.get_weights()[1], [6, 6])


def test_another_engine_takes_over_the_newest_values(
    made: list[CopyingEngine], model: Model
) -> None:
    before = model.get_weights()
    train(model)
    wanted = X @ (before[0] + 1) + before[1] + 1
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted, rtol=1e-6)
    train(model)
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted + 4, rtol=1e-6)
    assert len(made) == 2


@pytest.mark.parametrize(
    "name",
    [
        "reference",
        pytest.param(
            "native",
            marks=pytest.mark.skipif(
                not engines.is_available("native"), reason="the compiled engine is not there"
            ),
        ),
    ],
)
def test_engines_that_work_in_place_pull_from_the_previous_owner(
    made: list[CopyingEngine], model: Model, name: str
) -> None:
    before = model.get_weights()
    train(model)
    (found,) = engines.create(model.graph, engine=name).predict((X,), np.arange(4))
    np.testing.assert_allclose(found, X @ (before[0] + 1) + before[1] + 1, rtol=1e-5)
    assert all(weight.owner is None for weight in model.weights)


def test_saved_weights_are_the_newest(
    made: list[CopyingEngine], model: Model, tmp_path: Path
) -> None:
    before = model.get_weights()
    train(model, steps=2)
    model.save_weights(tmp_path / "newest.weights.h5")
    model.set_weights(before)
    model.load_weights(tmp_path / "newest.weights.h5")
    train(model)
    np.testing.assert_allclose(model.get_weights()[0], before[0] + 3)


def test_fit_reads_the_trained_weights_back(made: list[CopyingEngine], model: Model) -> None:
    before = model.get_weights()
    model.fit(X, Y, epochs=2, batch_size=2, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], before[0] + 4)
