"""Every constraint, compared with the installed Keras."""

import os
from typing import Any

import numpy as np
import pytest

import scallion
from contract import Case, assert_same_config, assert_same_error, found
from scallion import constraints
from weight_cases import CONSTRAINTS

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

every_case = pytest.mark.parametrize("one", CONSTRAINTS, ids=lambda one: one.title)


@pytest.mark.parametrize("shape", [(6, 5), (3, 3, 4, 8)], ids=str)
@every_case
def test_constrained_weights_match_keras(one: Case, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(2)
    for scale in (1e-3, 0.5, 4.0):
        weights = (random.normal(size=shape) * scale).astype(np.float32)
        weights[..., 0] = 0  # a norm of 0, which is divided by
        wanted = one.make(keras.constraints)(weights).numpy()
        brought = one.make(constraints)(weights)
        assert brought.dtype == np.float32
        assert np.abs(brought - wanted).max() <= 1e-5 * np.abs(wanted).max()


@every_case
def test_configs_round_trip_through_keras(one: Case) -> None:
    assert_same_config(one, constraints, keras.constraints)


@pytest.mark.parametrize(
    "name", ["NonNeg", "MaxNorm", "UnitNorm", "MinMaxNorm", "non_neg", "max_norm", "unit_norm"]
)
def test_identifiers_resolve_as_in_keras(name: str) -> None:
    for given in (name, {"class_name": name, "config": {}}):
        assert found(constraints, given) == found(keras.constraints, given)
    assert constraints.get(None) is keras.constraints.get(None) is None


@pytest.mark.parametrize("identifier", ["maxnorm", "", 3, ["max_norm"]], ids=str)
def test_unknown_identifiers_raise(identifier: Any) -> None:
    theirs = keras.constraints
    assert_same_error(lambda: constraints.get(identifier), lambda: theirs.get(identifier))


@pytest.mark.parametrize("package", [scallion, keras], ids=["scallion", "keras"])
def test_a_custom_constraint_is_applied_after_each_step(package: Any) -> None:
    class Even(package.constraints.Constraint):  # type: ignore[misc,name-defined]
        def __call__(self, w: Any) -> Any:
            return w * 0 + 0.25

    assert package.constraints.Constraint()(np.float32(3)) == 3
    assert Even().get_config() == {}
    layer = package.layers.Dense(2, use_bias=False, kernel_constraint=Even())
    model = package.Sequential([package.layers.Input((3,)), layer])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((4, 3), np.float32), np.ones((4, 2), np.float32))
    np.testing.assert_array_equal(layer.get_weights()[0], np.full((3, 2), 0.25))


def test_every_constraint_has_its_cases() -> None:
    kinds = {name for name in constraints.__all__ if name[0].isupper()}
    assert kinds - {one.name for one in CONSTRAINTS} == {"Constraint"}
