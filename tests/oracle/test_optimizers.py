"""A hundred steps of each optimizer are Keras', live and on random slopes."""

import os
from typing import Any

import numpy as np
import pytest

from scallion import initializers, optimizers
from scallion.layers import Variable
from scallion.layers.spec import WeightSpec

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adamax", {"learning_rate": 0.01}),
    ("Lion", {"learning_rate": 0.01}),
]
SHARED: list[dict[str, Any]] = [
    {"clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.7},
    {"weight_decay": 0.01},
    {"use_ema": True, "ema_overwrite_frequency": 7},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 3, "use_ema": True, "ema_overwrite_frequency": 4},
]
SCHEDULES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("ExponentialDecay", (0.1, 10, 0.5), {}),
    ("ExponentialDecay", (0.1, 10, 0.5), {"staircase": True}),
    ("CosineDecay", (0.1, 10, 0.5), {"warmup_target": 0.3, "warmup_steps": 20}),
    ("PiecewiseConstantDecay", ([10, 20], [0.1, 0.2, 0.3]), {}),
    ("InverseTimeDecay", (0.1, 10, 0.5), {}),
    ("InverseTimeDecay", (0.1, 10, 0.5), {"staircase": True}),
    ("CosineDecayRestarts", (0.1, 9), {"m_mul": 0.9, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 9), {"t_mul": 1.0}),
    ("PolynomialDecay", (0.1, 7, 0.01, 2.0), {"cycle": True}),
]


def assert_a_hundred_steps_agree(theirs: Any, ours: Any) -> None:
    """No weight parts by more than 1e-6 of the largest."""
    random = np.random.default_rng(0)
    starts = [random.normal(size=shape).astype(np.float32) for shape in ((3, 4), (5,))]
    their_weights = [keras.Variable(start) for start in starts]
    our_weights = []
    for start in starts:
        weight = Variable(WeightSpec("kernel", start.shape, initializers.Zeros()), "a/kernel", True)
        weight.assign(start)
        our_weights.append(weight)
    theirs.build(their_weights)
    ours.build(our_weights)
    for _ in range(100):
        slopes = [random.normal(size=start.shape).astype(np.float32) for start in starts]
        theirs.apply([torch.tensor(slope) for slope in slopes], their_weights)
        ours.update(slopes)
        for their_weight, our_weight in zip(their_weights, our_weights, strict=True):
            # Weight decay in PyTorch multiplies by 1 - rate * decay, rounded: 3e-8 a step.
            slack = 1e-5 if ours.weight_decay else 1e-6
            wanted = their_weight.numpy()
            off = np.abs(our_weight.value - wanted).max()
            assert off <= slack * max(1.0, np.abs(wanted).max())
    assert ours.iterations == int(theirs.iterations)


@pytest.mark.parametrize(("name", "options"), KINDS, ids=str)
def test_each_optimizer(name: str, options: dict[str, Any]) -> None:
    theirs = getattr(keras.optimizers, name)(**options)
    assert_a_hundred_steps_agree(theirs, getattr(optimizers, name)(**options))


@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize("options", SHARED, ids=str)
def test_what_all_optimizers_can_do(name: str, options: dict[str, Any]) -> None:
    theirs = getattr(keras.optimizers, name)(**options)
    assert_a_hundred_steps_agree(theirs, getattr(optimizers, name)(**options))


@pytest.mark.parametrize(("name", "arguments", "options"), SCHEDULES, ids=str)
def test_schedules(name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    schedule = getattr(keras.optimizers.schedules, name)(*arguments, **options)
    own = getattr(optimizers.schedules, name)(*arguments, **options)
    assert own.get_config() == schedule.get_config()
    theirs = keras.optimizers.Adam(schedule)
    assert_a_hundred_steps_agree(theirs, optimizers.Adam(own))


@pytest.mark.parametrize(("name", "options"), KINDS, ids=str)
def test_configs(name: str, options: dict[str, Any]) -> None:
    theirs = getattr(keras.optimizers, name)(name="one", **options).get_config()
    assert getattr(optimizers, name)(name="one", **options).get_config() == theirs
