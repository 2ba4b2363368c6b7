"""Losses and metrics over combinations of their arguments, shapes and weights, against Keras."""

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scallion import losses, metrics

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]
often = settings(
    max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

REDUCTIONS = ["sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none", None]
LOSSES = [name for name in losses.__all__ if name[0].isupper() and name != "Loss"]
LOSSES = [name for name in LOSSES if hasattr(keras.losses, name)]
# More arguments of a loss: name, values, and the losses that have it by a part of their name.
LOSS_ARGUMENTS: list[tuple[str, list[Any], tuple[str, ...]]] = [
    ("label_smoothing", [0.0, 0.1, 0.5], ("BinaryC", "BinaryF", "CategoricalC", "CategoricalF")),
    ("alpha", [0.25, 0.7], ("Focal",)),
    ("gamma", [0.0, 1.5, 2.0], ("Focal",)),
    ("apply_class_balancing", [True, False], ("BinaryF",)),
    ("ignore_class", [0, 1, -1, 255], ("SparseC",)),
    ("delta", [0.1, 1.0, 3.0], ("Huber",)),
    ("from_logits", [True, False], ("rossentropy",)),
]
WEIGHTS = [None, "images", "column", "predictions", "one"]


def weights_of(kind: str | None, shape: tuple[int, ...], random: np.random.Generator) -> Any:
    """Return sample weights for outputs of this shape."""
    sides = {"images": shape[:1], "column": (shape[0], 1), "predictions": shape[:-1] or shape}
    if kind is None:
        return None
    return np.float32(0.5) if kind == "one" else random.uniform(0, 2, sides[kind]).astype("f4")


def targets_of(name: str, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Return targets that the loss accepts."""
    labels = random.integers(0, shape[-1], shape[:-1]) if len(shape) > 1 else None
    if "Sparse" in name:
        return np.asarray(labels)
    if "Categorical" in name and labels is not None:
        return np.eye(shape[-1], dtype=np.float32)[labels]
    if "Hinge" in name or "Binary" in name or "Categorical" in name:
        return random.integers(0, 2, shape)
    return random.uniform(0, 2, shape).astype(np.float32)


@often
@given(st.data())
def test_losses_match_keras_over_their_arguments(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(LOSSES))
    shapes = [(5, 3), (4, 1), (2, 2, 3, 3), (2, 3, 2)] + ([] if "Sparse" in name else [(5,)])
    shape = data.draw(st.sampled_from(shapes))
    random = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    arguments = {
        key: data.draw(st.sampled_from(values))
        for key, values, parts in LOSS_ARGUMENTS
        if any(part in name for part in parts)
        and not ("Sparse" in name and key == "label_smoothing")
        and data.draw(st.booleans())
    }
    arguments["reduction"] = data.draw(st.sampled_from(REDUCTIONS))
    outputs = random.uniform(0.01, 0.99, shape).astype(np.float32)
    if arguments.get("from_logits"):
        outputs = outputs * 6 - 3
    targets, kind = targets_of(name, shape, random), data.draw(st.sampled_from(WEIGHTS))
    if arguments.get("ignore_class") in (-1, 255):
        ignored = random.random(targets.shape) < 0.3
        targets = np.where(ignored, arguments["ignore_class"], targets)
    if kind == "column" and len(shape) > 2 and "weight" in str(arguments["reduction"]):
        return  # Keras divides by the weights before they are broadcast over the pixels
    weights = weights_of(kind, shape, random)
    try:
        theirs = getattr(keras.losses, name)(**arguments)
        wanted = theirs(targets, torch.tensor(outputs), sample_weight=weights).numpy()
    except (RuntimeError, ValueError):
        return  # Keras has no answer
    found = getattr(losses, name)(**arguments)(targets, outputs, sample_weight=weights)
    assert np.shape(found) == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=3e-5, atol=2e-6)


METRIC_ARGUMENTS: list[tuple[tuple[str, ...], dict[str, list[Any]]]] = [
    (
        ("Precision", "Recall"),
        {"thresholds": [None, 0.3, [0.2, 0.7]], "top_k": [1, 2], "class_id": [0, 2]},
    ),
    (
        ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"),
        {"thresholds": [None, 0.0, 0.3, [0.2, 0.7]]},
    ),
    (("F1Score",), {"average": [None, "micro", "macro", "weighted"], "threshold": [None, 0.4]}),
    (("FBetaScore",), {"average": [None, "micro"], "threshold": [0.4], "beta": [0.5, 2.0]}),
    (
        ("AUC",),
        {
            "num_thresholds": [3, 50, 200],
            "curve": ["ROC", "PR"],
            "summation_method": ["interpolation", "minoring", "majoring"],
            "multi_label": [True, False],
            "from_logits": [True, False],
            "thresholds": [[0.2, 0.5], [0.5]],
        },
    ),
    (("TopKCategoricalAccuracy",), {"k": [1, 2, 3]}),
    (("BinaryAccuracy",), {"threshold": [0.3, 0.7]}),
    (
        ("BinaryCrossentropy", "CategoricalCrossentropy"),
        {"from_logits": [True, False], "label_smoothing": [0, 0.1]},
    ),
    (("R2Score",), {"class_aggregation": ["uniform_average", None], "num_regressors": [0, 1]}),
    (("CosineSimilarity", "MeanSquaredError", "RootMeanSquaredError", "CategoricalAccuracy"), {}),
]


@often
@given(st.data())
def test_metrics_match_keras_over_their_arguments(data: st.DataObject) -> None:
    names, options = data.draw(st.sampled_from(METRIC_ARGUMENTS))
    name = data.draw(st.sampled_from(names))
    arguments = {
        key: data.draw(st.sampled_from(values))
        for key, values in options.items()
        if data.draw(st.booleans())
    }
    columns = data.draw(st.sampled_from([1, 3]))
    random = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    weighted = data.draw(st.sampled_from([None, "images", "one"]))
    one_hot = data.draw(st.booleans())
    theirs, ours = (getattr(room, name)(**arguments) for room in (keras.metrics, metrics))
    kept = []
    for images in (4, 7):
        outputs = random.uniform(size=(images, columns)).round(2) + np.arange(columns) / 997
        outputs = outputs.clip(0, 1).astype(np.float32)
        targets = random.integers(0, 2, (images, columns))
        if one_hot:
            targets = np.eye(columns, dtype=np.int64)[random.integers(0, columns, images)]
        weights = weights_of(weighted, (images, columns), random)
        try:
            theirs.update_state(targets, outputs, sample_weight=weights)
            wanted = theirs.result().detach().numpy().copy()
        except (RuntimeError, ValueError, IndexError):
            return  # Keras has no answer
        ours.update_state(targets, outputs, sample_weight=weights)
        kept.append((ours.result(), wanted))
    for found, wanted in kept:
        np.testing.assert_allclose(found, wanted, rtol=3e-5, atol=2e-6)
