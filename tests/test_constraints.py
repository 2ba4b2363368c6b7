"""Constraints. Expected values are those of Keras 3.15.1 on the same arrays."""

import numpy as np
import pytest

import scallion
from scallion import constraints, layers
from scallion.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from scallion.errors import ShapeError, UnknownNameError

W = np.array([[3.0, -0.5], [4.0, 0.25]], np.float32)


@pytest.mark.parametrize(
    ("constraint", "wanted"),
    [
        (NonNeg(), [[3.0, 0.0], [4.0, 0.25]]),
        (MaxNorm(1.0), [[0.6, -0.5], [0.8, 0.25]]),
        (MaxNorm(1.0, axis=1), [[0.9863939, -0.164399], [0.9980525, 0.0623783]]),
        (UnitNorm(), [[0.6, -0.894427], [0.8, 0.4472135]]),
        (MinMaxNorm(0.7, 2.0, 0.5), [[2.1, -0.5630494], [2.8, 0.2815247]]),
    ],
)
def test_constraints_match_keras(
    constraint: constraints.Constraint, wanted: list[list[float]]
) -> None:
    np.testing.assert_allclose(constraint(W), wanted, rtol=1e-5)


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "non_neg", "UnitNorm"])
def test_constraints_are_found_by_name_and_config(name: str) -> None:
    found = constraints.get(name)
    assert found is not None
    assert constraints.get(constraints.serialize(found)) == found
    assert constraints.get(None) is None


def test_invalid_arguments_are_reported() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'max_norm'"):
        layers.Dense(3, kernel_constraint="maxnorm")
    with pytest.raises(ShapeError, match=r"\(5, 3\) have no such axis\. Received: axis=2"):
        layers.Dense(3, kernel_constraint=MaxNorm(axis=2)).build((None, 5))


def test_constraints_are_applied_after_each_step() -> None:
    layer = layers.Dense(2, use_bias=False, kernel_constraint=MaxNorm(1.0))
    model = scallion.Sequential([layers.Input((2,)), layer])
    layer.set_weights([W])
    model.compile("sgd", "mse")
    model.train_on_batch(np.eye(2, dtype=np.float32), W)
    np.testing.assert_allclose(model.get_weights()[0], [[0.6, -0.5], [0.8, 0.25]], rtol=1e-5)
