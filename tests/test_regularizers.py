"""Regularizers. Expected values are those of Keras 3.15.1 on the same arrays."""

from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers, ops, regularizers
from scallion.errors import ArgumentError, UnknownNameError, UnsupportedError
from scallion.regularizers import L1, L1L2, L2

W = np.array([[3.0, -0.5], [4.0, 0.25]], np.float32)


@pytest.mark.parametrize(
    ("penalty", "wanted"),
    [(L1(0.1), 0.775), (L2(0.1), 2.53125), (L1L2(0.1, 0.2), 5.8375), (L1L2(), 0.0)],
)
def test_penalties_match_keras(penalty: regularizers.Regularizer, wanted: float) -> None:
    assert float(penalty(W)) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("name", ["l1", "l2", "l1_l2", "L1L2"])
def test_regularizers_are_found_by_name_and_config(name: str) -> None:
    found = regularizers.get(name)
    assert found is not None
    config = regularizers.serialize(found)
    again = regularizers.get(config)
    assert again is not None
    assert (type(again), regularizers.serialize(again)) == (type(found), config)
    assert regularizers.get(None) is None


def test_invalid_arguments_are_reported() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'l2'"):
        layers.Dense(3, kernel_regularizer="l3")
    with pytest.raises(UnsupportedError, match="hint: kernel_regularizer"):
        regularizers.OrthogonalRegularizer(0.01)
    with pytest.raises(ArgumentError, match="`l2` must be a number from 0"):
        L2(-0.1)


def dense(**options: Any) -> scallion.Sequential:
    model = scallion.Sequential([layers.Input((2,)), layers.Dense(2, use_bias=False, **options)])
    model.layers[0].set_weights([W])
    return model


def test_loss_includes_penalties_of_trainable_weights() -> None:
    x, y = np.eye(2, dtype=np.float32), W.copy()
    model = dense(kernel_regularizer=L2(0.1))
    assert [float(penalty) for penalty in model.losses] == pytest.approx([2.53125])
    model.compile("sgd", "mse")
    assert model.evaluate(x, y, verbose=0) == pytest.approx(2.53125)
    assert model.train_on_batch(x, y) == pytest.approx(2.53125)
    # The error is 0, so each weight changes only by rate * 2 * l2 times itself.
    np.testing.assert_allclose(model.get_weights()[0], W * (1 - 0.01 * 0.2), rtol=1e-6)
    model.trainable = False
    assert model.losses == []


class Own(regularizers.Regularizer):
    """A regularizer of one's own."""

    def __call__(self, x: Any) -> Any:
        return 0.1 * ops.sum(ops.abs(x))


# Keras 3.15.1 on PyTorch: the losses of two epochs, and a weight after them.
@pytest.mark.parametrize(
    ("regularizer", "losses", "weight"),
    [
        (lambda w: 0.01 * ops.sum(ops.square(w)), [37.4121742, 18.3786602], 0.8815692),
        (Own(), [38.4921761, 19.3691597], 0.8799905),
        (Own, [38.4921761, 19.3691597], 0.8799905),
    ],
    ids=["function", "object", "class"],
)
def test_a_regularizer_of_ones_own_trains_as_in_keras(
    regularizer: Any, losses: list[float], weight: float
) -> None:
    dense = layers.Dense(3, kernel_regularizer=regularizer, kernel_initializer="ones")
    model = scallion.Sequential(
        [scallion.Input((4,)), dense, layers.Dense(1, kernel_initializer="ones")]
    )
    model.compile(scallion.optimizers.SGD(0.01), "mse")
    rows = np.random.default_rng(2).normal(size=(8, 4))
    history = model.fit(rows, np.ones((8, 1)), epochs=2, verbose=0, shuffle=False)
    np.testing.assert_allclose(history.history["loss"], losses, rtol=1e-5)
    np.testing.assert_allclose(dense.kernel.numpy()[0], weight, rtol=1e-5)


@pytest.mark.parametrize(
    "function",
    [
        lambda w: ops.mean(ops.square(w)),
        lambda w: -ops.sum(ops.square(w)),
        lambda w: ops.sum(ops.exp(w)),
        lambda w: ops.sum(w @ w),
        lambda: 0.0,
    ],
    ids=["mean", "negative", "exponential", "product", "no argument"],
)
def test_other_functions_are_refused_before_training(function: Any) -> None:
    with pytest.raises(UnsupportedError, match="or a function that equals one"):
        layers.Dense(3, kernel_regularizer=function)
