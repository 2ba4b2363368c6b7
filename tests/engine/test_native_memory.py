"""Weights and programs that need more memory than is free are refused before they are made."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from networks import batch, chain, fill, layer, lesson, objective
from scallion import system_memory as ground
from scallion.engine import create, native
from scallion.engine.programs import memory_requirements
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.optimizers import Adam

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


def network() -> Graph:
    graph = chain((5, 4, 3), layer("Conv2D", 4, 3), layer("Flatten"), layer("Dense", 7))()
    fill(graph)
    return graph


def test_a_program_beyond_free_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = lesson()()
    engine = native.NativeEngine(graph, objective(graph, Adam()))
    monkeypatch.setattr(memory_requirements, "available_bytes", lambda: 10**6)
    with pytest.raises(EngineError, match=r"a batch of 32 images needs .* and 1\.0 MB are") as one:
        engine.train(batch(graph, 32), seed=0, step=0)
    assert one.value.hint == "a smaller batch, such as batch_size=16"
    monkeypatch.setattr(memory_requirements, "available_bytes", lambda: None)
    assert np.isfinite(engine.train(batch(graph, 32), seed=0, step=0).loss)


def test_a_batch_beyond_all_memory_is_refused() -> None:
    graph = chain((9, 9, 3), layer("Conv2D", 64, 3), layer("BatchNormalization"))()
    with pytest.raises(EngineError, match="a batch of 1000000000 images needs"):
        native.NativeEngine(graph, objective(graph, Adam())).program("train", 10**9)


def test_required_memory_is_that_of_the_buffers() -> None:
    graph = network()
    program = native.NativeEngine(graph).program("predict", 16)
    one, two = memory_requirements.needed(program, 1), memory_requirements.needed(program, 2)
    assert two - one == 4 * program.image_floats
    # Packed weights of both layers, and at least the image and the outputs.
    assert one >= 4 * (27 * 4 + 24 * 7 + 5 * 4 * 3 + 3 * 2 * 4 + 7)


# A sanitizer reserves terabytes of addresses, and ends the process if it gets none.
unsanitized = pytest.mark.skipif(
    "san" in os.environ.get("LD_PRELOAD", ""), reason="a sanitizer has an allocator of its own"
)
HUGE = chain((10**6,), layer("Dense", 10**6), layer("Dense", 2))


@pytest.mark.parametrize("goal", [None, Adam()], ids=["predicting", "training"])
def test_weights_beyond_all_memory_are_refused(goal: Any) -> None:
    graph = HUGE()
    what = "weights and the optimizer" if goal else "weights take"
    with pytest.raises(EngineError, match=f"{what}.* GB, and .* GB are free") as one:
        create(graph, None if goal is None else objective(graph, goal))
    assert one.value.hint is not None
    assert "/kernel is (1000000, 1000000)" in one.value.hint
    assert not any(weight.is_initialized for weight in graph.weights)


@unsanitized
def test_a_single_array_beyond_all_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = HUGE().weights[0]
    with pytest.raises(EngineError, match=r"kernel' of \(1000000, 1000000\) takes"):
        kernel.numpy()
    monkeypatch.setattr(ground, "available_bytes", lambda: None)  # as on systems that do not say
    with pytest.raises(EngineError, match=r"takes 4,000\.0 GB, which is not free"):
        kernel.numpy()


@unsanitized
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to `ulimit -v`")
def test_the_memory_limit_of_the_process_counts() -> None:
    """ulimit -v of 2 GB; 1,000 x 300,000 weights take 1.2 GB, and Adam's state twice as much."""
    program = (
        "import resource, scallion, numpy as np\n"
        "from scallion.layers import Dense\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "model = scallion.Sequential([scallion.Input((1000,)), Dense(300000)])\n"
        "model.compile('adam', 'mse')\n"
        "try:\n"
        "    model.train_on_batch(np.zeros((1, 1000)), np.zeros((1, 300000)))\n"
        "except RuntimeError as error:\n"
        "    print(type(error).__name__, [w.is_initialized for w in model.weights])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "EngineError [False, False]\n"


def test_the_free_memory_is_known_here() -> None:
    free = memory_requirements.available_bytes()
    assert free is None or 0 < free < 2**50
