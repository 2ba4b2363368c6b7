"""Every optimizer with every argument, compared with the installed Keras on random gradients."""

import os
from typing import Any

import numpy as np
import pytest

from contract import Case, assert_same_config, assert_same_error, found
from optimizer_cases import CASES, NAMES, REFUSED
from scallion import initializers, optimizers, session
from scallion.layers import Variable
from scallion.layers.base.spec import WeightSpec

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

SHAPES = {"kernel": (3, 3, 2, 4), "bias": (4,), "gamma": (5,)}
STEPS = 60

every_case = pytest.mark.parametrize("one", CASES, ids=lambda one: one.title)


class Pair:
    """Equal weights in Scallion and Keras, each with its optimizer."""

    def __init__(self, one: Case) -> None:
        self.random = np.random.default_rng(0)
        self.ours, self.theirs = one.make(optimizers), one.make(keras.optimizers)
        self.our_weights: list[Variable] = []
        self.their_weights: list[Any] = []
        for name, shape in SHAPES.items():
            start = self.random.normal(size=shape).astype(np.float32)
            spec = WeightSpec(name, shape, initializers.Zeros())
            self.our_weights.append(Variable(spec, f"layer/{name}", True))
            self.our_weights[-1].assign(start)
            self.their_weights.append(keras.Variable(start, name=name))

    def build(self) -> None:
        self.ours.build(self.our_weights)
        self.theirs.build(self.their_weights)

    def step(self) -> None:
        gradients = [self.random.normal(size=shape).astype(np.float32) for shape in SHAPES.values()]
        self.ours.update(gradients)
        self.theirs.apply([torch.tensor(gradient) for gradient in gradients], self.their_weights)

    def assert_same_weights(self) -> None:
        """Assert that weights differ by at most 1e-5 of the largest."""
        for mine, their in zip(self.our_weights, self.their_weights, strict=True):
            wanted = their.numpy()
            assert np.abs(mine.value - wanted).max() <= 1e-5 * np.abs(wanted).max()


@every_case
def test_each_step_matches_keras(one: Case) -> None:
    pair = Pair(one)
    pair.build()
    for _ in range(STEPS):
        pair.step()
        pair.assert_same_weights()
        rate = float(pair.theirs.learning_rate)
        assert pair.ours.learning_rate == pytest.approx(rate, rel=1e-5, abs=1e-9)
        assert pair.ours.iterations == int(pair.theirs.iterations)
    pair.ours.finalize_variable_values(pair.our_weights)
    pair.theirs.finalize_variable_values(pair.their_weights)
    pair.assert_same_weights()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spared", [["bias"], ["kern", "gam"], [], None], ids=str)
@pytest.mark.parametrize("listed", [(), (0,), (1, 2)], ids=str)
def test_weights_excluded_from_decay_match_keras(
    name: str, spared: list[str] | None, listed: tuple[int, ...]
) -> None:
    # Keras on PyTorch raises for an empty list of weights to decay.
    if spared and len({*listed, *(1 if word == "bias" else 0 for word in spared)}) == len(SHAPES):
        pytest.skip("nothing decays")
    pair = Pair(Case(name, (0.05,), {"weight_decay": 0.3}))
    sides = ((pair.ours, pair.our_weights), (pair.theirs, pair.their_weights))
    for optimizer, weights in sides:
        chosen = [weights[place] for place in listed] or None
        optimizer.exclude_from_weight_decay(var_list=chosen, var_names=spared)
    pair.build()
    for _ in range(10):
        pair.step()
        pair.assert_same_weights()


@every_case
def test_configs_round_trip_through_keras(one: Case) -> None:
    keras.utils.clear_session()
    session.clear_session()
    assert_same_config(one, optimizers, keras.optimizers)


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: one.title)
def test_arguments_that_keras_refuses_raise(one: Case) -> None:
    assert_same_error(lambda: one.make(optimizers), lambda: one.make(keras.optimizers))


@pytest.mark.parametrize("name", NAMES)
def test_identifiers_resolve_as_in_keras(name: str) -> None:
    for identifier in (name, name.lower(), name.upper()):
        for given in (identifier, {"class_name": identifier, "config": {"name": "mine"}}):
            keras.utils.clear_session()
            session.clear_session()
            copies = [dict(given) if isinstance(given, dict) else given for _ in range(2)]
            theirs = found(keras.optimizers, copies[0])
            assert found(optimizers, copies[1]) == theirs


@pytest.mark.parametrize("identifier", ["adamm", 3, {"class_name": "Adamm", "config": {}}], ids=str)
def test_unknown_identifiers_raise(identifier: Any) -> None:
    assert_same_error(lambda: optimizers.get(identifier), lambda: keras.optimizers.get(identifier))


def test_setting_a_scheduled_rate_raises() -> None:
    for room in (optimizers, keras.optimizers):
        optimizer = room.Adam(room.schedules.ExponentialDecay(0.1, 10, 0.5))
        with pytest.raises(TypeError, match=r"[Ss]chedule"):
            optimizer.learning_rate = 0.1
        optimizer.learning_rate = room.schedules.CosineDecay(0.2, 10)
        assert float(optimizer.learning_rate) == pytest.approx(0.2)


def test_keras_old_argument_is_ignored_with_a_warning() -> None:
    for room in (optimizers, keras.optimizers):
        with pytest.warns(UserWarning, match="`decay` is no longer supported"):
            optimizer = room.SGD(0.1, decay=1e-6)
        assert float(optimizer.learning_rate) == pytest.approx(0.1)


def test_every_optimizer_has_its_cases() -> None:
    public = {name for name in optimizers.__all__ if isinstance(getattr(optimizers, name), type)}
    assert public - set(NAMES) == {"Optimizer"}
