"""Every rule of differentiation against central differences; other functions are refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scallion.differentiation import RecordedArray, gradient_of
from scallion.differentiation.recorded_array import RULES
from scallion.errors import UnsupportedError

POSITIVE = np.random.default_rng(2).uniform(0.2, 0.9, (3, 4))
OTHER = np.random.default_rng(4).normal(size=(3, 4))
WEIGHTS = np.random.default_rng(6).normal(size=(4, 2))

# For each function with a rule, expressions of an array (3, 4).
CASES: dict[Any, list[Callable[[Any], Any]]] = {
    np.add: [lambda x: x + OTHER, lambda x: 1 + x, lambda x: x + x[:1]],
    np.broadcast_to: [lambda x: np.broadcast_to(x[:1], (3, 4)) * OTHER],
    np.clip: [lambda x: np.clip(x, 0.3, 0.7), lambda x: np.clip(x, 0.3, None)],
    np.concatenate: [lambda x: np.concatenate([x, OTHER, x * 2], 1) ** 2],
    np.divide: [lambda x: OTHER / x, lambda x: x / 3, lambda x: x / x[:, :1]],
    np.dot: [lambda x: np.dot(x, WEIGHTS)],
    np.expand_dims: [lambda x: np.expand_dims(x, 1) * x],
    np.flip: [lambda x: np.flip(x, 1) * OTHER],
    np.linalg.norm: [lambda x: np.linalg.norm(x, axis=1), lambda x: np.linalg.norm(x, 1, axis=1)],
    np.logaddexp: [lambda x: np.logaddexp(x, OTHER), lambda x: np.logaddexp(OTHER, x)],
    np.matmul: [lambda x: x @ WEIGHTS, lambda x: OTHER.T @ x, lambda x: x.T @ x],
    np.max: [lambda x: np.max(x, 1), lambda x: x.max() * x],
    np.maximum: [lambda x: np.maximum(x, 0.5), lambda x: np.maximum(OTHER, x)],
    np.mean: [
        lambda x: np.mean(x) * x,
        lambda x: x.mean((0, 1)),
        lambda x: x.mean(1, keepdims=True) * x,
    ],
    np.min: [lambda x: np.min(x, 0)],
    np.minimum: [lambda x: np.minimum(x, 0.5), lambda x: np.minimum(OTHER, x)],
    np.moveaxis: [lambda x: np.moveaxis(x, 0, 1) * OTHER.T],
    np.multiply: [lambda x: x * OTHER, lambda x: 2 * x, lambda x: x * x[:, :1]],
    np.power: [lambda x: x**3, lambda x: x**-0.5, lambda x: 2**x, lambda x: x**x],
    np.ravel: [lambda x: np.ravel(x) ** 2],
    np.repeat: [lambda x: np.repeat(x, 2, axis=1) ** 2],
    np.reshape: [lambda x: x.reshape(4, 3) * OTHER.T, lambda x: x.reshape((-1,)) ** 2],
    np.roll: [lambda x: np.roll(x, 1, axis=1) * OTHER],
    np.split: [lambda x: np.split(x, 2, 1)[1] ** 2, lambda x: np.split(x, [1], -1)[0]],
    np.squeeze: [lambda x: np.squeeze(x[:1], 0) ** 2],
    np.stack: [lambda x: np.stack([x, OTHER, 3 * x], 1) ** 2],
    np.std: [lambda x: np.std(x, axis=1)],
    np.subtract: [lambda x: x - OTHER, lambda x: 1 - x],
    np.sum: [
        lambda x: np.sum(x, axis=0) ** 2,
        lambda x: x.sum() * x,
        lambda x: x.sum(-1, keepdims=True),
    ],
    np.swapaxes: [lambda x: np.swapaxes(x, 0, 1) * OTHER.T],
    np.take: [lambda x: np.take(x, [0, 0, 2], axis=1) ** 2],
    np.take_along_axis: [lambda x: np.take_along_axis(x, np.array([[1], [0], [3]]), 1) ** 2],
    np.tile: [lambda x: np.tile(x, (2, 1)) ** 2],
    np.transpose: [lambda x: np.transpose(x) * OTHER.T, lambda x: x.T ** 2],
    np.var: [lambda x: np.var(x, axis=1), lambda x: np.var(x, axis=0, keepdims=True) * x],
    np.where: [
        lambda x: np.where(x > 0.5, x**2, OTHER),
        lambda x: np.where(OTHER > 0, 0.0, x),
    ],
    **{
        function: [lambda x, function=function: function(x), lambda x, f=function: f(x) ** 2]
        for function in (
            np.absolute, np.arctan, np.cos, np.cosh, np.exp, np.expm1, np.log, np.log10, np.log1p,
            np.log2, np.negative, np.positive, np.reciprocal, np.sin, np.sinh, np.sqrt, np.square,
            np.tan, np.tanh,
        )
    },
}  # fmt: skip


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_derived_gradients_match_central_differences(function: Any) -> None:
    for expression in CASES[function]:
        start = RecordedArray(POSITIVE)
        result = np.sum(expression(start))
        assert float(result.value) == pytest.approx(float(np.sum(expression(POSITIVE))))
        numeric = np.zeros_like(POSITIVE)
        for place in np.ndindex(POSITIVE.shape):
            step = np.zeros_like(POSITIVE)
            step[place] = 1e-6
            high, low = np.sum(expression(POSITIVE + step)), np.sum(expression(POSITIVE - step))
            numeric[place] = (high - low) / 2e-6
        np.testing.assert_allclose(gradient_of(result, start), numeric, atol=1e-7, rtol=1e-6)


def test_constants_keep_float32() -> None:
    x = RecordedArray(np.ones(3, np.float32))
    for y in (x * np.float64(2), x + np.ones(3), x / np.arange(1, 4), np.maximum(x, 0), x**2.0):
        assert y.dtype == np.float32
        assert gradient_of(np.sum(y), x).dtype == np.float32  # type: ignore[union-attr]


def test_comparisons_and_positions_are_constants() -> None:
    x = RecordedArray(np.array([1.0, 3.0, 2.0]))
    assert (x > 1.5).tolist() == [False, True, True]
    assert np.argmax(x) == 1
    assert np.ones_like(x).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "function", [np.median, np.cumsum, np.prod, np.sort, np.linalg.inv, np.einsum]
)
def test_functions_without_a_rule_are_refused_by_name(function: Any) -> None:
    with pytest.raises(UnsupportedError, match=f"numpy.{function.__name__}"):
        function(RecordedArray(np.eye(2)))


def test_a_value_used_twice_gets_both_gradients() -> None:
    x = RecordedArray(np.array([2.0]))
    y = x * x
    np.testing.assert_allclose(gradient_of(y + y * x, x), [4 + 12])  # type: ignore[arg-type]


def test_an_independent_result_has_no_gradient() -> None:
    x = RecordedArray(np.array([2.0]))
    assert gradient_of(RecordedArray(np.array(1.0)), x) is None
