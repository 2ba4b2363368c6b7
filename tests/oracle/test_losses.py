"""Losses and their slopes are Keras', live and on random numbers."""

import os
from typing import Any

import numpy as np
import pytest

from scallion import losses

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sparse scores": ("SparseCategoricalCrossentropy", {"from_logits": True}),
    "sparse probabilities": ("SparseCategoricalCrossentropy", {}),
    "sparse ignore": ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}),
    "sparse sum": ("SparseCategoricalCrossentropy", {"from_logits": True, "reduction": "sum"}),
    "shares scores": ("CategoricalCrossentropy", {"from_logits": True}),
    "shares probabilities": ("CategoricalCrossentropy", {}),
    "shares smoothed": ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}),
    "shares by weight": ("CategoricalCrossentropy", {"reduction": "mean_with_sample_weight"}),
    "binary scores": ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
    "binary probabilities": ("BinaryCrossentropy", {}),
    "squares": ("MeanSquaredError", {}),
    "distances": ("MeanAbsoluteError", {}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("classes", [2, 7, 100])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_a_loss_and_its_slope_are_those_of_keras(name: str, classes: int, weighted: bool) -> None:
    kind, options = CASES[name]
    random = np.random.default_rng(classes)
    outputs = random.normal(size=(33, classes)).astype(np.float32) * 3
    if not options.get("from_logits"):
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    shares = random.dirichlet(np.ones(classes), 33).astype(np.float32)
    targets = shares.argmax(1) if kind.startswith("Sparse") else shares
    if kind == "BinaryCrossentropy":
        targets = (shares > 0.2).astype(np.float32)
    weights = random.uniform(0, 2, 33).astype(np.float32) if weighted else None

    tensor = torch.tensor(outputs, requires_grad=True)
    wanted = getattr(keras.losses, kind)(**options)(targets, tensor, sample_weight=weights)
    wanted.backward()
    ours = getattr(losses, kind)(**options)
    assert ours(targets, outputs, weights) == pytest.approx(float(wanted.detach()), rel=1e-5)
    slope = ours.gradient(targets, outputs) * ours.factors(targets, outputs, weights)[:, None]
    theirs = tensor.grad.numpy()
    assert np.abs(slope - theirs).max() <= 1e-5 * np.abs(theirs).max()


def test_names_and_configs_are_those_of_keras() -> None:
    for kind in {kind for kind, _ in CASES.values()}:
        assert getattr(losses, kind)().get_config() == getattr(keras.losses, kind)().get_config()
