"""Labels outside of what a loss means are refused at `fit`, at `evaluate`, and in data sets."""

from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers, losses
from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError, DataError
from scallion.losses import Loss

IMAGES = np.ones((4, 3), np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[[0, 1, 2, 1]]


def changed(value: float, target: np.ndarray = ONE_HOT) -> np.ndarray:
    """Return targets with one value changed, in row 2."""
    copy = target.copy()
    copy[2, 2] = value
    return copy


# By loss: targets that fit, and those that do not.
CASES: dict[str, tuple[list[Any], list[Any]]] = {
    "SparseCategoricalCrossentropy": (
        [[0, 1, 2, 1]],
        [[0, 1, 3, 1], [0, 1, -1, 1], [0, 1, 0.5, 1]],
    ),
    "CategoricalCrossentropy": (
        [ONE_HOT, np.full((4, 3), 1 / 3)],
        [changed(-1), changed(2), ONE_HOT * 255, changed(1, ONE_HOT[::-1]), changed(0)],
    ),
    "CategoricalFocalCrossentropy": ([ONE_HOT], [changed(-1), changed(2), changed(0)]),
    "CategoricalHinge": ([ONE_HOT], [changed(-1), changed(2), changed(0)]),
    "KLDivergence": ([ONE_HOT, np.full((4, 3), 1 / 3)], [changed(-1), changed(2), changed(0)]),
    "BinaryCrossentropy": ([ONE_HOT, ONE_HOT * 0.3], [changed(2), changed(-1), ONE_HOT * 255]),
    "BinaryFocalCrossentropy": ([ONE_HOT], [changed(2), changed(-1)]),
    "Hinge": ([ONE_HOT, ONE_HOT * 2 - 1], [changed(2), changed(-1), changed(0.5)]),
    "SquaredHinge": ([ONE_HOT, ONE_HOT * 2 - 1], [changed(2), changed(-1), changed(0.5)]),
    "Poisson": ([ONE_HOT * 7], [changed(-1)]),
    "MeanSquaredLogarithmicError": ([ONE_HOT * 7], [changed(-0.5)]),
    "MeanAbsolutePercentageError": ([ONE_HOT - 5], [ONE_HOT]),
    "CategoricalGeneralizedCrossEntropy": (
        [[0, 1, 2, 1]],
        [[0, 1, 3, 1], [0, 1, -1, 1], [0, 1, 0.5, 1]],
    ),
    "Circle": ([[0, 1, 2, 1], [-4, 7, 7, 9]], [[0, 1, 0.5, 1]]),
    "Dice": ([ONE_HOT, ONE_HOT * 0.3], [changed(2), changed(-1), ONE_HOT * 255]),
    "Tversky": ([ONE_HOT, ONE_HOT * 0.3], [changed(2), changed(-1), ONE_HOT * 255]),
    "CosineSimilarity": ([ONE_HOT - 5], [changed(0)]),
}
ANY_NUMBER = {"MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"}
FITTING = [(name, y) for name, (fitting, _) in CASES.items() for y in fitting]
WRONG = [(name, y) for name, (_, wrong) in CASES.items() for y in wrong]


def model(name: str) -> scallion.Model:
    head = "sigmoid" if "Binary" in name else None if name in ANY_NUMBER else "softmax"
    network = scallion.Sequential([scallion.Input((3,)), layers.Dense(3, activation=head)])
    network.compile("sgd", getattr(losses, name)())
    return network


def test_every_loss_has_a_case() -> None:
    known = {
        name
        for name in losses.__all__
        if isinstance(getattr(losses, name), type) and issubclass(getattr(losses, name), Loss)
    } - {"Loss"}
    assert known == set(CASES) | ANY_NUMBER


@pytest.mark.parametrize(("name", "y"), FITTING)
def test_labels_that_fit_are_trained_on(name: str, y: Any) -> None:
    model(name).fit(IMAGES, np.asarray(y), verbose=0)


@pytest.mark.parametrize("name", sorted(ANY_NUMBER))
def test_any_finite_number_fits_a_regression(name: str) -> None:
    model(name).fit(IMAGES, ONE_HOT * -3.5, verbose=0)


@pytest.mark.parametrize(("name", "y"), WRONG)
def test_labels_outside_the_loss_are_refused_everywhere(name: str, y: Any) -> None:
    labels = np.asarray(y)
    network, dataset = model(name), Dataset.from_tensor_slices((IMAGES, labels)).batch(2)
    with pytest.raises(DataError, match=r"^label \d") as raised:
        network.fit(IMAGES, labels, verbose=0)
    assert raised.value.hint
    calls = (
        lambda: network.evaluate(IMAGES, labels, verbose=0),
        lambda: network.fit(dataset, verbose=0),
        lambda: network.evaluate(dataset, verbose=0),
        lambda: network.fit(IMAGES, CASES[name][0][0], validation_data=dataset, verbose=0),
        lambda: network.train_on_batch(IMAGES, labels),
        lambda: network.test_on_batch(IMAGES, labels),
    )
    for call in calls:
        with pytest.raises(DataError, match=r"^label \d"):
            call()


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        ([0, 1, 2, 1], 'Dense(3, activation="softmax") and loss="sparse_categorical_crossentropy"'),
        ([-1, 1, -1, 1], "y = (y + 1) / 2"),
        ([0, 255, 0, 255], "y = (y == 255)"),
        ([1, 2, 2, 1], "y = (y == 2)"),
        ([0.1, 3.7, 2, 1], 'loss="mean_squared_error"'),
    ],
)
def test_the_hint_for_one_sigmoid_is_an_edit_that_works(labels: list[float], hint: str) -> None:
    network = scallion.Sequential([scallion.Input((3,)), layers.Dense(1, activation="sigmoid")])
    network.compile("sgd", "binary_crossentropy")
    with pytest.raises(DataError) as raised:
        network.fit(IMAGES, np.array(labels), verbose=0)
    assert hint in str(raised.value.hint)
    for edit in ("y = (y + 1) / 2", "y = (y == 255)", "y = (y == 2)"):
        if hint == edit:
            scope: dict[str, Any] = {"y": np.array(labels)}
            exec(edit, scope)
            network.fit(IMAGES, scope["y"], verbose=0)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -1.0, "2", None])
def test_class_weights_that_are_no_weights_are_refused(weight: Any) -> None:
    with pytest.raises(ArgumentError, match="a class weight is a number from 0"):
        model("SparseCategoricalCrossentropy").fit(
            IMAGES, np.array([0, 1, 2, 1]), class_weight={0: 1.0, 1: weight}, verbose=0
        )


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_loss_weights_that_are_not_finite_are_refused(weight: float) -> None:
    with pytest.raises(ArgumentError, match="`loss_weights` are finite numbers"):
        model("Huber").compile("sgd", "mse", loss_weights=[weight])
