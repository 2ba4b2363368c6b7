"""Custom layers and models compute and train as in Keras."""

from typing import Any

import numpy as np
import pytest

import scallion
from subclassed_networks import NETWORKS

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

RANDOM = np.random.default_rng(7)
IMAGES = RANDOM.uniform(size=(32, 16, 16, 3)).astype(np.float32)
LABELS = RANDOM.integers(0, 4, 32)


def compiled(library: Any, name: str) -> Any:
    model = NETWORKS[name](library)
    model.build((None, 16, 16, 3)) if not model.built else None
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(library.optimizers.SGD(0.05), loss)
    return model


@pytest.mark.parametrize("name", NETWORKS)
def test_subclassed_networks_train_as_in_keras(name: str) -> None:
    keras = pytest.importorskip("keras")
    ours, theirs = compiled(scallion, name), compiled(keras, name)
    theirs(IMAGES[:1])
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    ours.set_weights([weight.numpy() for weight in theirs.weights])
    np.testing.assert_allclose(
        ours.predict(IMAGES, verbose=0),
        theirs.predict(IMAGES, verbose=0),
        atol=1e-5 * np.abs(theirs.predict(IMAGES, verbose=0)).max(),
    )
    # Deep networks amplify rounding: a ReLU's input that rounds to the other side of 0 is enough.
    is_deep = name == "resnet_20"
    for step in range(2 if is_deep else 3):
        wanted = float(theirs.train_on_batch(IMAGES, LABELS))
        share = 1e-4 if is_deep and step else 1e-5
        assert abs(ours.train_on_batch(IMAGES, LABELS) - wanted) <= share * wanted
    for found, weight in zip(ours.get_weights(), theirs.weights, strict=True):
        if is_deep:
            continue
        largest = max(np.abs(weight.numpy()).max(), 1e-3)
        np.testing.assert_allclose(found, weight.numpy(), atol=2e-5 * largest)
