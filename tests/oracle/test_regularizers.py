"""Every regularizer, compared with the installed Keras: penalty, gradient, config and names."""

import os
from typing import Any

import numpy as np
import pytest

from contract import Case, assert_same_config, assert_same_error, found
from scallion import regularizers
from weight_cases import REFUSED_REGULARIZERS, REGULARIZERS

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

every_case = pytest.mark.parametrize("one", REGULARIZERS, ids=lambda one: one.title)


@pytest.mark.parametrize("shape", [(5,), (30, 40), (3, 3, 16, 8)], ids=str)
@every_case
def test_penalties_and_gradients_match_keras(one: Case, shape: tuple[int, ...]) -> None:
    weights = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    weights.flat[::7] = 0
    tensor = torch.tensor(weights, requires_grad=True)
    ours, wanted = one.make(regularizers), one.make(keras.regularizers)(tensor)
    assert float(ours(weights)) == pytest.approx(float(wanted.detach()), rel=1e-5)
    gradient = ours.gradient(weights)
    assert gradient.dtype == np.float32
    if wanted.requires_grad:
        wanted.backward()
        steep = tensor.grad.numpy()
        assert np.abs(gradient - steep).max() <= 1e-4 * np.abs(steep).max()
    else:  # no penalty
        assert not gradient.any()


@every_case
def test_configs_round_trip_through_keras(one: Case) -> None:
    assert_same_config(one, regularizers, keras.regularizers)


@pytest.mark.parametrize("one", REFUSED_REGULARIZERS, ids=lambda one: one.title)
def test_arguments_that_keras_refuses_raise(one: Case) -> None:
    assert_same_error(lambda: one.make(regularizers), lambda: one.make(keras.regularizers))


@pytest.mark.parametrize("name", ["L1", "L2", "L1L2", "l1", "l2", "l1_l2"])
def test_identifiers_resolve_as_in_keras(name: str) -> None:
    kind = getattr(keras.regularizers, name).__name__
    assert found(regularizers, {"class_name": kind, "config": {}}) == found(
        keras.regularizers, {"class_name": kind, "config": {}}
    )
    try:
        theirs = found(keras.regularizers, name)
    except ValueError:
        theirs = found(keras.regularizers, kind)  # "l1_l2" is a function, not a name
    assert found(regularizers, name) == theirs
    assert regularizers.get(None) is keras.regularizers.get(None) is None


@pytest.mark.parametrize("identifier", ["l3", "", 3, ["l2"]], ids=str)
def test_unknown_identifiers_raise(identifier: Any) -> None:
    theirs = keras.regularizers
    assert_same_error(lambda: regularizers.get(identifier), lambda: theirs.get(identifier))


def test_every_regularizer_has_its_cases() -> None:
    kinds = {name for name in regularizers.__all__ if name[0].isupper()}
    assert kinds - {one.name for one in REGULARIZERS} == {"OrthogonalRegularizer", "Regularizer"}
