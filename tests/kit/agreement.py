"""Comparison of the native engine with the reference, which computes in float64 here.

`max |difference| <= 1e-5 * max |reference|` forward, 1e-4 backward.
"""

from collections.abc import Callable

import numpy as np
import pytest

from network_cases import Case
from networks import copies, fill, number
from scallion.engine import IndexedBatch, Objective, StepResult, native
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.layers import Variable
from scallion.optimizers import SGD, Optimizer

FORWARD, BACKWARD = 1e-5, 1e-4
SEED, STEP = 2**63 + 12345, 7


def made(case: Case) -> Graph:
    graph = case.make()
    fill(graph, seed=number(case.name))
    return graph


def assert_close(
    found: np.ndarray, wanted: np.ndarray, share: float, what: str, floor: float = 0.0
) -> None:
    assert found.dtype == np.float32, what
    assert found.shape == wanted.shape, what
    worst = np.abs(found.astype(np.float64) - wanted).max(initial=0)
    bound = share * np.abs(wanted).max(initial=0) + floor + 1e-30
    assert worst <= bound, f"{what}: off by {worst:.3g}, allowed {bound:.3g}"


def assert_same_result(found: StepResult, wanted: StepResult) -> None:
    assert found.loss == pytest.approx(wanted.loss, rel=FORWARD)
    assert found.losses == pytest.approx(wanted.losses, rel=FORWARD)
    for one, other in zip(found.outputs, wanted.outputs, strict=True):
        assert_close(one, other, FORWARD, "outputs")


def assert_same_step(
    graph: Graph,
    goal: Callable[[Optimizer], Objective],
    data: IndexedBatch,
    share: float = BACKWARD,
) -> None:
    """Compare one training step of both engines: losses, gradients and statistics.

    With a rate of 1, gradient descent's first velocity is the gradient, with no digit lost.
    """
    truth = ReferenceEngine(graph, goal(SGD()), dtype=np.float64)
    wanted, gradients = truth.weight_gradients(data, seed=SEED, step=STEP)
    before = copies(graph.weights)
    moving = [w for w in graph.weights if not w.trainable]
    twin = ReferenceEngine(graph, goal(SGD(0.0)))
    twin.train(data, seed=SEED, step=STEP)
    statistics = copies(moving)
    restore(graph.weights, before)

    descent = SGD(1.0, momentum=0.5)
    found = native.NativeEngine(graph, goal(descent)).train(data, seed=SEED, step=STEP)
    assert_same_result(found, wanted)
    # A gradient that cancels to 0 (a bias before normalization) is compared by the others.
    floor = 1e-6 * max((np.abs(gradient).max() for gradient in gradients), default=0.0)
    for weight, velocity, gradient in zip(
        graph.trainable_weights, descent.slots["momentum"], gradients, strict=True
    ):
        assert_close(-velocity, gradient, share, f"gradient at {weight.path}", floor)
    for weight, wanted_value in zip(moving, statistics, strict=True):
        assert_close(weight.value, wanted_value, FORWARD, weight.path)
    for weight, start in zip(graph.weights, before, strict=True):
        if weight.trainable and weight not in graph.trainable_weights:
            np.testing.assert_array_equal(weight.value, start, err_msg=f"frozen {weight.path}")


def restore(variables: list[Variable], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
