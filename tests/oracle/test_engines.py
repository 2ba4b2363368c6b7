"""Both engines match Keras: every layer with every option, forward and backward."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")

from keras_twin import Twin
from network_cases import CASES, Case
from networks import batch, fill, number, objective
from scallion.engine import native
from scallion.engine.reference.engine import ReferenceEngine
from scallion.optimizers import SGD

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

ENGINES = [
    pytest.param(ReferenceEngine, id="reference"),
    pytest.param(
        getattr(native, "NativeEngine", None),
        id="native",
        marks=pytest.mark.skipif(
            not native.is_available(), reason="the compiled engine is missing"
        ),
    ),
]
every_engine = pytest.mark.parametrize("kind", ENGINES)

# With unequal padding, Keras on PyTorch includes copied border pixels in an average pooling; Keras
# on TensorFlow and JAX, and Scallion, do not. Its layer normalization takes the last axes only, and
# its bicubic resizing has another kernel (a = -0.75) unless it is antialiased.
OTHERWISE_IN_TORCH = {
    "AveragePooling2D 2x2 same on odd sides",
    "AveragePooling2D 3x3 strides 2 same",
    "AveragePooling2D 4x4 same on 3x3",
    "LayerNormalization over rows",
    "LayerNormalization over two axes",
    "LayerNormalization no scale",
    "Resizing bicubic",
    "UpSampling2D bicubic",
}
# Random layers are compared with equal random numbers in test_preprocessing.py.
RANDOM = ("Dropout", "Noise", "Random", "gelu by tanh")
COMPARED = [
    case
    for case in CASES
    if not any(word in case.name for word in RANDOM) and case.name not in OTHERWISE_IN_TORCH
]


def assert_close(found: np.ndarray, wanted: np.ndarray, share: float, floor: float = 0.0) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= share * np.abs(wanted).max() + floor


@every_engine
@pytest.mark.parametrize("case", COMPARED, ids=str)
def test_outputs_loss_and_gradients_match_keras(kind: type, case: Case) -> None:
    graph = case.make()
    fill(graph, seed=number(case.name))
    data = batch(graph, 7, seed=1, weighted=True)
    goal = objective(graph, SGD(1.0, momentum=0.5))
    engine, twin = kind(graph, goal), Twin(graph, goal)
    twin.synchronize(goal.optimizer)
    loss, outputs = twin.test(data)
    tested = engine.test(data)
    assert tested.loss == pytest.approx(loss, rel=1e-5)
    for found, wanted in zip(tested.outputs, outputs, strict=True):
        assert_close(found, wanted, 1e-5)

    loss, outputs, gradients = twin.gradients(data)
    trained = engine.train(data, seed=0, step=0)
    assert trained.loss == pytest.approx(loss, rel=1e-5)
    for found, wanted in zip(trained.outputs, outputs, strict=True):
        assert_close(found, wanted, 1e-5)
    floor = 1e-6 * max((np.abs(gradient).max() for gradient in gradients), default=0.0)
    for velocity, wanted in zip(goal.optimizer.slots["momentum"], gradients, strict=True):
        assert_close(-velocity, wanted, 1e-4, floor)
    for layer, theirs in twin.pairs:
        for found, wanted in zip(
            layer.non_trainable_weights, theirs.non_trainable_weights, strict=True
        ):
            if wanted.numpy().dtype.kind == "f":  # Keras also has integer counters
                assert_close(found.value, wanted.numpy(), 1e-5)
