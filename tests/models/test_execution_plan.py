"""`model.plan()`: what the engine does in a step, told to the user."""

import numpy as np
import pytest

from scallion.engine import native
from scallion.errors import ArgumentError, StateError, UnknownNameError
from scallion.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU
from scallion.models import Model, Sequential


def network() -> Model:
    return Sequential(
        [Input((12, 12, 1)), Conv2D(8, 3), BatchNormalization(), ReLU(), MaxPooling2D(), Flatten(),
         Dense(3)]
    )  # fmt: skip


def planned(model: Model, **options: object) -> str:
    found: list[str] = []
    model.plan(print_fn=found.append, **options)  # type: ignore[arg-type]
    return "\n".join(found)


def test_before_compile_the_plan_is_that_of_a_prediction() -> None:
    text = planned(network(), batch_size=8)
    assert text.startswith("predict, batches of 8")
    assert "normalization folded in" in text.replace("\n", " ")
    assert "moments" not in text
    assert "convolution_dw" not in text


def test_after_compile_it_has_the_way_back_and_the_updates() -> None:
    model = network()
    model.compile("adam", "crossentropy")
    text = planned(model)
    for kind in ("moments", "convolution_dw", "max_pool_dx", "cross_entropy", "adam"):
        assert kind in text
    # 10 * 10 * 9 * 8 multiply-adds of the convolution, forward and for the weights.
    assert text.count("7,200") == 2
    assert "%" not in text


def test_wide_3x3_convolutions_go_by_frequencies_and_the_first_one_does_not() -> None:
    model = Sequential(
        [Input((16, 16, 3)), Conv2D(64, 3, padding="same"), Conv2D(64, 3, padding="same"),
         Flatten(), Dense(3)]
    )  # fmt: skip
    model.compile("adam", "crossentropy")
    text = planned(model)
    for kind in ("winograd_pack", "winograd ", "winograd_dx", "winograd_dw"):
        assert kind in text
    assert "Winograd F(4x4, 3x3)" in text
    assert text.count("winograd_dw") == text.count("convolution_dw") == 1


def test_a_convolution_before_a_max_pooling_learns_from_lists_and_the_plan_says_so() -> None:
    model = Sequential(
        [Input((15, 15, 8)), Conv2D(32, 1), Conv2D(32, 3, activation="relu"), MaxPooling2D(),
         Flatten(), Dense(3)]
    )  # fmt: skip
    model.compile("adam", "crossentropy")
    text = planned(model)
    for kind in ("turn", "max_pool_slopes", "sparse_dw", "sparse_dx"):
        assert kind in text
    assert "max_pool_dx" not in text
    assert "lists of the slopes that pass" in " ".join(text.replace("│", " ").split())


@pytest.mark.skipif(not native.is_available(), reason="the compiled engine is not there")
def test_a_profile_shows_shares_and_changes_no_weight() -> None:
    model = network()
    model.compile("adam", "crossentropy")
    before = model.get_weights()
    text = planned(model, profile=True, batch_size=16)
    assert "On one thread: " in text
    assert "GFLOP/s" in text
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model.optimizer.iterations == 0


def test_what_cannot_be_planned_is_said() -> None:
    with pytest.raises(UnknownNameError, match="mode of a plan"):
        network().plan(mode="training")
    with pytest.raises(StateError, match="without a loss there is no plan to train"):
        network().plan(mode="train")
    with pytest.raises(ArgumentError, match="batch_size=0"):
        network().plan(0)
