"""The native engine in several Python threads, and after a fork."""

import multiprocessing
import os
import threading

import numpy as np
import pytest

from networks import batch, chain, fill, layer, objective
from scallion import session
from scallion.engine import IndexedBatch, native
from scallion.graph import Graph
from scallion.optimizers import Adam

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


def network() -> Graph:
    graph = chain((5, 4, 3), layer("Conv2D", 4, 3), layer("Flatten"), layer("Dense", 7))()
    fill(graph)
    return graph


def test_concurrent_python_threads_take_turns() -> None:
    graph = network()
    data = batch(graph, 33)
    engine = native.NativeEngine(graph)
    session.set_threads(2)
    (wanted,) = engine.predict(data.inputs, data.indices)
    wrong: list[str] = []

    def work() -> None:
        for size in (33, 7, 33, 12) * 20:
            (found,) = engine.predict(data.inputs, data.indices[:size])
            if not np.array_equal(found, wanted[:size]):
                wrong.append("another answer")

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not wrong


def _step_in_child(
    graph: Graph, data: IndexedBatch, engine: native.NativeEngine, answers: object
) -> None:
    result = engine.train(data, seed=1, step=0)
    answers.put((result.loss, [w.value.tobytes() for w in graph.weights]))  # type: ignore[attr-defined]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_training_continues_after_fork() -> None:
    graph = network()
    session.set_threads(2)
    engine = native.NativeEngine(graph, objective(graph, Adam(0.01)))
    data = batch(graph, 33)
    engine.test(data)  # the parent's threads are running
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    with engine._lock:  # held by a thread that the child does not have
        child = context.Process(target=_step_in_child, args=(graph, data, engine, answers))
        child.start()
    loss, weights = answers.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    assert engine.train(data, seed=1, step=0).loss == loss
    assert [weight.value.tobytes() for weight in graph.weights] == weights
