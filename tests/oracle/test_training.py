"""Whole networks train as in Keras: single steps, and a hundred steps in a row.

Rounding differs between any two libraries, and training amplifies it. The first test therefore sets
equal weights and optimizer state before each compared step. The second runs both libraries freely,
at learning rates where a hundred steps amplify rounding little. At Adam's default of 1e-3 they do
not, so the limit there is the difference between Keras on PyTorch and Keras on TensorFlow.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")

import keras_trajectory
from keras_twin import Twin
from networks import copies, lesson, residual
from scallion import losses, session
from scallion.engine import IndexedBatch, Objective, native
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.optimizers import SGD, Adam, Optimizer

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

NETWORKS: dict[str, Callable[[], Graph]] = {
    "lesson": lesson(deep=False),
    "lesson-deep": lesson(),
    "residual block": lambda: residual((16, 16, 8), 16, stride=2),
    "small residual block": lambda: residual((8, 8, 4), 8, stride=2),
}
without_native = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is missing"
)
NATIVE = [
    pytest.param(
        getattr(native, "NativeEngine", None), name, marks=without_native, id=f"native, {name}"
    )
    for name in NETWORKS
]
# The reference engine takes half a second per step of the lesson's networks.
SMALL = pytest.param(ReferenceEngine, "small residual block", id="reference, small residual block")
ONE_LESSON = pytest.param(ReferenceEngine, "lesson", id="reference, lesson")
OPTIMIZERS = {"Adam": lambda: Adam(1e-3), "SGD": lambda: SGD(0.01, momentum=0.9)}


def scenes(labels: np.ndarray, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Return smooth images from 0 to 1, each a mixture of patches of its class and of its own."""
    side, channels = shape[0], shape[-1]
    patches = random.uniform(size=(labels.max() + 1, 4, 4, channels))
    mixed = 0.4 * patches[labels] + 0.6 * random.uniform(size=(len(labels), 4, 4, channels))
    # Each row and column of the image is interpolated between two patches.
    places = np.linspace(0, 3, side)
    blend = np.maximum(1 - np.abs(places[:, None] - np.arange(4)), 0)
    return np.einsum("hp,wq,npqc->nhwc", blend, blend, mixed).astype(np.float32)


class Lane:
    """A network during training in both libraries, and its training images."""

    def __init__(self, kind: type, name: str, optimizer: Optimizer, seed: int = 1) -> None:
        session.set_random_seed(seed)
        self.graph = NETWORKS[name]()
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        self.goal = Objective((loss,), (1.0,), optimizer)
        self.engine = kind(self.graph, self.goal)
        self.twin = Twin(self.graph, self.goal)
        self.random = np.random.default_rng(seed)
        shape, classes = self.graph.inputs[0].image_shape, self.graph.outputs[0].image_shape[-1]
        self.labels = self.random.integers(0, classes, 2000)
        self.images = scenes(self.labels, shape, self.random)
        optimizer.build(self.graph.trainable_weights)

    def batch(self) -> IndexedBatch:
        chosen = self.random.permutation(2000)[:32]
        return IndexedBatch((self.images,), chosen, (self.labels[chosen],))

    def step(self, data: IndexedBatch) -> float:
        return self.engine.train(data, seed=0, step=self.goal.optimizer.iterations).loss


def compared_step(lane: Lane) -> tuple[float, float]:
    """Train one step from the same weights; return the relative differences of loss and updates."""
    data = lane.batch()
    lane.twin.synchronize(lane.goal.optimizer)
    weights = lane.graph.trainable_weights
    before = copies(weights)
    wanted, found = lane.twin.train(data), lane.step(data)
    parted = []
    for weight, start, theirs in zip(weights, before, lane.twin.trainable(), strict=True):
        ours, keras = weight.value - start, theirs.numpy() - start
        # Both round the new weight, so a difference of one unit in the last place is ignored.
        rounding = np.spacing(np.abs(start)) + np.spacing(np.abs(keras))
        off = np.maximum(np.abs(ours - keras) - rounding, 0).max()
        parted.append(float(off / max(np.abs(keras).max(), 1e-12)))
    return abs(found - wanted) / wanted, max(parted)


@pytest.mark.parametrize(("kind", "name"), [*NATIVE, ONE_LESSON, SMALL])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_step_from_the_same_weights_matches_keras(
    kind: type, name: str, optimizer: str
) -> None:
    lane = Lane(kind, name, OPTIMIZERS[optimizer]())
    # Adam's first steps are +-rate for any gradient above rounding, so they are not compared.
    for _ in range(3):
        lane.step(lane.batch())
    off_loss, off_update = [], []
    for _ in range(10):
        loss, update = compared_step(lane)
        off_loss.append(loss)
        off_update.append(update)
        lane.step(lane.batch())
    assert max(off_loss) <= 1e-5
    # Sometimes rounding moves one of a million values across 0 in a relu, or changes the maximum of
    # a window. The gradients then really differ, and neither is wrong.
    assert sorted(off_update)[6] <= 1e-4
    assert np.median(off_update) <= 2e-5
    assert max(off_update) <= 0.1


@pytest.mark.parametrize(("kind", "name"), [*NATIVE, SMALL])
@pytest.mark.parametrize(
    "optimizer", [lambda: Adam(1e-4), lambda: SGD(0.01)], ids=["Adam 1e-4", "SGD 0.01"]
)
def test_a_hundred_steps_stay_close(
    kind: type, name: str, optimizer: Callable[[], Optimizer]
) -> None:
    starts = [free_steps(Lane(kind, name, optimizer(), seed)) for seed in (1, 2, 3)]
    # A relu that rounding flips early has more effect, so the median of three runs counts.
    assert sorted(starts)[1] <= 1e-3
    assert max(starts) <= 1e-2


def free_steps(lane: Lane) -> float:
    """Return the largest difference of the losses over a hundred steps."""
    lane.twin.synchronize(lane.goal.optimizer)
    off = []
    for _ in range(100):
        data = lane.batch()
        wanted, found = lane.twin.train(data), lane.step(data)
        off.append(abs(found - wanted))
    return max(off)


OTHERS = [name for name in ("tensorflow", "jax") if importlib.util.find_spec(name)]


@without_native
@pytest.mark.skipif(not OTHERS, reason="needs TensorFlow or JAX beside PyTorch")
def test_adam_differs_at_most_twice_as_much_as_keras_backends(
    tmp_path: Path,
) -> None:
    ours_torch, ours_other, torch_other = [], [], []
    for seed in (1, 2, 3):
        lane = Lane(native.NativeEngine, "lesson-deep", Adam(1e-3), seed)
        lane.twin.synchronize(lane.goal.optimizer)
        batches = np.stack([lane.random.permutation(2000)[:32] for _ in range(100)])
        weights = {f"w{place}": w for place, w in enumerate(lane.twin.model.get_weights())}
        np.savez(
            tmp_path / "start.npz",
            images=lane.images,
            labels=lane.labels,
            batches=batches,
            **weights,
        )
        (tmp_path / "model.json").write_text(lane.twin.model.to_json(), encoding="utf-8")
        torch, other = (trajectory(tmp_path, backend) for backend in ("torch", OTHERS[0]))
        ours = np.array(
            [lane.step(IndexedBatch((lane.images,), b, (lane.labels[b],))) for b in batches]
        )
        ours_torch.append(np.abs(ours - torch).max())
        ours_other.append(np.abs(ours - other).max())
        torch_other.append(np.abs(torch - other).max())
    assert sum(ours_torch) <= 2 * sum(torch_other)
    assert sum(ours_other) <= 2 * sum(torch_other)


def trajectory(folder: Path, backend: str) -> np.ndarray:
    """Return the losses of a hundred steps of Keras on a backend, in a separate process."""
    done = subprocess.run(
        [sys.executable, keras_trajectory.__file__, str(folder)],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return np.array(json.loads(done.stdout.splitlines()[-1]))
