"""Optimizers. Expected values are those of Keras 3.15 on its PyTorch backend."""

from typing import Any

import numpy as np
import pytest

from scallion import initializers, optimizers
from scallion.errors import ArgumentError, StateError, UnknownNameError, UnsupportedError
from scallion.layers import Variable
from scallion.layers.base.spec import WeightSpec
from scallion.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from scallion.schedules import ExponentialDecay

START = (1.0, -2.0, 0.5)


def variable(values: Any = START, name: str = "kernel") -> Variable:
    array = np.asarray(values, np.float32)
    result = Variable(WeightSpec(name, array.shape, initializers.Zeros()), f"layer/{name}", True)
    result.assign(array)
    return result


def gradient(step: int) -> np.ndarray:
    return np.array([0.1 * (step + 1), -0.2, 0.0], np.float32)


def trained(optimizer: Optimizer, steps: int = 3) -> Variable:
    weight = variable()
    optimizer.build([weight])
    for step in range(steps):
        optimizer.update([gradient(step)])
    return weight


@pytest.mark.parametrize(
    ("optimizer", "wanted"),
    [
        (SGD(0.1), (0.94, -1.94, 0.5)),
        (SGD(0.1, momentum=0.9), (0.9049, -1.8878, 0.5)),
        (SGD(0.1, momentum=0.9, nesterov=True), (0.85441, -1.83902, 0.5)),
        (Adam(0.1), (0.7076889, -1.7000057, 0.5)),
        (Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=0.01), (0.7327187, -1.7327061, 0.5)),
        (Adam(0.1, amsgrad=True), (0.7076889, -1.7000057, 0.5)),
        (AdamW(0.1, weight_decay=0.1), (0.6809430, -1.6435937, 0.4851495)),
        (RMSprop(0.1), (0.1390138, -1.2622681, 0.5)),
        (RMSprop(0.1, centered=True, momentum=0.5), (-0.3503096, -0.8093358, 0.5)),
        (Adagrad(0.1), (0.8569719, -1.8567672, 0.5)),
        (SGD(0.1, clipnorm=0.1), (0.9801363, -1.9784377, 0.5)),
        (SGD(0.1, clipvalue=0.15), (0.96, -1.955, 0.5)),
        (SGD(0.1, global_clipnorm=0.1), (0.9801363, -1.9784377, 0.5)),
        (SGD(0.1, weight_decay=0.1), (0.9106980, -1.8811960, 0.4851495)),
        (
            SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3),
            (0.96, -1.955, 0.5),
        ),
        (SGD(0.1, gradient_accumulation_steps=2), (0.985, -1.98, 0.5)),
        (SGD(ExponentialDecay(0.1, 2, 0.5)), (0.9608579, -1.9558579, 0.5)),
    ],
    ids=lambda one: repr(one) if isinstance(one, Optimizer) else "",
)
def test_three_steps_match_keras(optimizer: Optimizer, wanted: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(trained(optimizer).value, wanted, rtol=3e-7, atol=1e-7)


def test_clipping_by_norm_per_weight_or_global() -> None:
    """Clip gradients 3 and 4 to 1 each; or, as their global norm is 5, to 0.6 and 0.8."""
    for options, wanted in [
        ({"clipnorm": 1.0}, (-1, -1)),
        ({"global_clipnorm": 1.0}, (-0.6, -0.8)),
    ]:
        weights = [variable([0.0]), variable([0.0])]
        optimizer = SGD(1.0, **options)
        optimizer.build(weights)
        optimizer.update([np.array([3.0]), np.array([4.0])])
        np.testing.assert_allclose([weight.value[0] for weight in weights], wanted, rtol=1e-6)


def test_clipping_a_zero_gradient_is_safe() -> None:
    for options in ({"clipnorm": 1.0}, {"global_clipnorm": 1.0}):
        weight = variable([2.0])
        optimizer = SGD(1.0, **options)
        optimizer.build([weight])
        optimizer.update([np.array([0.0])])
        assert weight.value == 2


def test_excluded_weights_do_not_decay() -> None:
    kernel, bias, other = variable(), variable(name="bias"), variable()
    optimizer = SGD(0.1, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_list=[other], var_names=["bias"])
    optimizer.build([kernel, bias, other])
    optimizer.update([np.zeros(3)] * 3)
    np.testing.assert_allclose(kernel.value, np.multiply(START, 0.99), rtol=1e-6)
    np.testing.assert_array_equal(bias.value, np.float32(START))
    np.testing.assert_array_equal(other.value, np.float32(START))
    with pytest.raises(StateError, match="has already started"):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


def test_moving_averages_replace_weights_at_the_end() -> None:
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    weight, other = variable([4.0]), variable([8.0])
    optimizer.build([weight, other])
    for _ in range(2):
        optimizer.update([np.array([1.0]), np.array([0.0])])
    assert weight.value == 2
    optimizer.finalize_variable_values([weight])
    # 3 after the first step, then half of 3 and half of 2.
    assert weight.value == 2.5
    assert other.value == 8
    SGD().finalize_variable_values([weight])
    assert weight.value == 2.5


def test_accumulated_gradients_make_one_update() -> None:
    optimizer = SGD(1.0, gradient_accumulation_steps=3)
    weight = variable([0.0])
    optimizer.build([weight])
    seen = []
    for number in range(1, 7):
        optimizer.update([np.array([float(number)])])
        seen.append((float(weight.value[0]), optimizer.iterations, optimizer.batches_seen))
    assert seen == [(0, 0, 1), (0, 0, 2), (-2, 1, 3), (-2, 1, 4), (-2, 1, 5), (-7, 2, 6)]


# State


def test_state_is_updated_in_place() -> None:
    optimizer = Adam(0.1)
    weights = [variable(), variable()]
    optimizer.build(weights)
    addresses = [a.ctypes.data for arrays in optimizer.slots.values() for a in arrays]
    weight_addresses = [weight.value.ctypes.data for weight in weights]
    for step in range(3):
        optimizer.build(weights)
        optimizer.update([gradient(step)] * 2)
    assert [a.ctypes.data for arrays in optimizer.slots.values() for a in arrays] == addresses
    assert [weight.value.ctypes.data for weight in weights] == weight_addresses
    assert all(a.dtype == np.float32 for arrays in optimizer.slots.values() for a in arrays)


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [
        (SGD(), []),
        (SGD(momentum=0.9), ["momentum"]),
        (Adam(), ["momentum", "velocity"]),
        (Adam(amsgrad=True), ["momentum", "velocity", "velocity_hat"]),
        (RMSprop(momentum=0.1, centered=True), ["velocity", "momentum", "average_gradient"]),
        (Adagrad(), ["accumulator"]),
        (SGD(use_ema=True), ["average"]),
        (SGD(gradient_accumulation_steps=2), ["gradient_accumulator"]),
    ],
    ids=lambda one: repr(one) if isinstance(one, Optimizer) else "",
)
def test_slots_have_one_array_per_weight(optimizer: Optimizer, slots: list[str]) -> None:
    weights = [variable(), variable([1.0])]
    optimizer.build(weights)
    assert list(optimizer.slots) == slots
    assert all([a.shape for a in arrays] == [(3,), (1,)] for arrays in optimizer.slots.values())


def test_rebuilding_keeps_the_state_of_known_weights() -> None:
    optimizer = Adam(0.1)
    first, second = variable(), variable()
    optimizer.build([first])
    optimizer.update([gradient(0)])
    kept = optimizer.slots["momentum"][0]
    optimizer.build([second, first])
    assert optimizer.slots["momentum"][1] is kept
    np.testing.assert_array_equal(optimizer.slots["momentum"][0], 0)


def test_no_trainable_weights_is_allowed() -> None:
    optimizer = Adam()
    optimizer.build([])
    optimizer.update([])
    assert optimizer.slots == {"momentum": [], "velocity": []}
    assert optimizer.iterations == 1


def test_iterations_count_and_can_be_set() -> None:
    optimizer = Adam(0.1)
    weight = trained(optimizer, steps=5)
    assert optimizer.iterations == 5
    again = Adam(0.1)
    again.build([weight])
    again.iterations = 5
    assert again.step_size() == optimizer.step_size()


def test_a_wrong_number_of_gradients_is_refused() -> None:
    optimizer = SGD()
    optimizer.build([variable()])
    with pytest.raises(StateError, match=r"1 weights\. Received: 2 gradients"):
        optimizer.update([gradient(0), gradient(1)])


# Learning rates


def test_setting_the_learning_rate_applies_at_once() -> None:
    optimizer = SGD(0.5)
    weight = variable([1.0])
    optimizer.build([weight])
    optimizer.learning_rate = 0.25
    assert optimizer.learning_rate == 0.25
    optimizer.update([np.array([1.0])])
    assert weight.value == 0.75


def test_a_schedule_cannot_be_set_to_a_number() -> None:
    optimizer = SGD(ExponentialDecay(0.1, 1, 0.5))
    assert optimizer.learning_rate == pytest.approx(0.1)
    trained(optimizer, steps=2)
    assert optimizer.learning_rate == pytest.approx(0.025)
    with pytest.raises(ArgumentError, match="follows a schedule"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = ExponentialDecay(1.0, 1, 0.5)
    assert optimizer.learning_rate == pytest.approx(0.25)


def test_a_function_can_return_the_rate() -> None:
    rates = iter([0.5, 0.25])
    optimizer = SGD(lambda: next(rates))
    weight = variable([1.0])
    optimizer.build([weight])
    for _ in range(2):
        optimizer.update([np.array([1.0])])
    assert weight.value == 0.25


# Configs, names, errors

COMMON = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (
            Adam,
            {
                "learning_rate": 0.0010000000474974513,
                "beta_1": 0.9,
                "beta_2": 0.999,
                "epsilon": 1e-07,
                "amsgrad": False,
            },
        ),
        (SGD, {"learning_rate": 0.009999999776482582, "momentum": 0.0, "nesterov": False}),
    ],
)
def test_configs_match_keras(kind: type[Optimizer], own: dict[str, Any]) -> None:
    assert kind().get_config() == {"name": kind.__name__.lower(), **COMMON, **own}


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
        Adam(ExponentialDecay(0.1, 10, 0.5), amsgrad=True, weight_decay=0.1),
        AdamW(0.1, weight_decay=0.2),
        RMSprop(rho=0.8, centered=True),
        Adagrad(0.1, use_ema=True, ema_overwrite_frequency=5),
    ],
    ids=repr,
)
def test_config_makes_an_equal_optimizer(optimizer: Optimizer) -> None:
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    np.testing.assert_array_equal(trained(again).value, trained(optimizer).value)


def test_automatic_names_match_keras() -> None:
    assert [kind().name for kind in (SGD, AdamW, RMSprop, Adagrad, Adam, Adam)] == [
        "sgd",
        "adam_w",
        "rm_sprop",
        "adagrad",
        "adam",
        "adam_1",
    ]
    assert Adam(name="mine").name == "mine"


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("adam", Adam),
        ("Adam", Adam),
        ("SGD", SGD),
        ("sgd", SGD),
        ("adamw", AdamW),
        ("RMSprop", RMSprop),
        (Adagrad, Adagrad),
        ({"class_name": "Adam", "config": {"learning_rate": 0.1}}, Adam),
    ],
)
def test_optimizers_are_found_by_name_class_and_config(
    identifier: object, kind: type[Optimizer]
) -> None:
    assert type(optimizers.get(identifier)) is kind


def test_get_returns_an_optimizer_unchanged() -> None:
    optimizer = Adam()
    assert optimizers.get(optimizer) is optimizer


@pytest.mark.parametrize("identifier", ["adma", None, 3])
def test_an_unknown_optimizer_is_reported(identifier: object) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown optimizer. Received: {identifier!r}"):
        optimizers.get(identifier)


@pytest.mark.parametrize("name", ["Ftrl", "adafactor", "Muon"])
def test_missing_optimizers_of_keras_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"no optimizer '{name}'"):
        optimizers.get(name)


def test_the_nearest_optimizer_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="adem") as caught:
        optimizers.get("adem")
    assert "did you mean 'Adam'?" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SGD, {"learning_rate": -0.1}),
        (SGD, {"learning_rate": "fast"}),
        (SGD, {"learning_rate": float("nan")}),
        (SGD, {"learning_rate": True}),
        (SGD, {"learning_rate": 1}),
        (SGD, {"momentum": 1}),
        (SGD, {"momentum": 1.5}),
        (SGD, {"momentum": -0.1}),
        (Adam, {"beta_1": 1.0}),
        (Adam, {"beta_2": -1}),
        (Adam, {"epsilon": None}),
        (Adam, {"clipnorm": -1.0}),
        (Adam, {"ema_momentum": 2.0}),
        (Adam, {"ema_overwrite_frequency": 1.5}),
        (Adam, {"gradient_accumulation_steps": 1}),
        (RMSprop, {"rho": 2.0}),
        (AdamW, {"weight_decay": None}),
    ],
)
def test_invalid_arguments_are_reported(kind: type[Optimizer], options: dict[str, Any]) -> None:
    ((name, value),) = options.items()
    with pytest.raises(ArgumentError, match=f"`{name}` .* Received: {name}={value!r}") as caught:
        kind(**options)
    assert caught.value.hint


def test_two_kinds_of_clipping_are_refused() -> None:
    with pytest.raises(ArgumentError, match="only one of") as caught:
        Adam(clipnorm=1.0, clipvalue=0.5)
    assert caught.value.hint == "keep global_clipnorm alone"


def test_an_unknown_argument_is_reported() -> None:
    with pytest.raises(ArgumentError, match=r"Adam has no such argument\. Received: lr") as caught:
        Adam(lr=0.1)
    assert caught.value.hint == "learning_rate=0.001"


def test_decay_argument_is_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="`decay` is no longer supported.*ExponentialDecay"):
        assert SGD(0.5, decay=1e-6).learning_rate == 0.5


def test_loss_scale_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="loss_scale_factor=128"):
        Adam(loss_scale_factor=128)
