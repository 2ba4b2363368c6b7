"""`model.plan()`: the printed operations of a step."""

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


def test_the_plan_before_compile_is_for_prediction() -> None:
    text = planned(network(), batch_size=8)
    assert text.startswith("predict, batches of 8")
    assert "normalization folded in" in " ".join(text.replace("│", " ").split())
    assert "moments" not in text
    assert "convolution_dw" not in text


def test_the_plan_after_compile_is_for_training() -> None:
    model = network()
    model.compile("adam", "crossentropy")
    text = planned(model)
    for kind in ("moments", "convolution_dw", "max_pool_dx", "cross_entropy", "adam"):
        assert kind in text
    # 10 * 10 * 9 * 8 multiply-adds of the convolution, forward and for the weights.
    assert text.count("7,200") == 2
    assert "%" not in text


def test_wide_3x3_convolutions_use_winograd_except_the_first() -> None:
    model = Sequential(
        [Input((16, 16, 3)), Conv2D(64, 3, padding="same"), Conv2D(64, 3, padding="same"),
         Flatten(), Dense(3)]
    )  # fmt: skip
    model.compile("adam", "crossentropy")
    text = planned(model)
    for kind in ("winograd_weights", "winograd ", "winograd_dx", "winograd_dw"):
        assert kind in text
    assert "Winograd F(4x4, 3x3)" in text
    assert text.count("winograd_dw") == text.count("convolution_dw") == 1


def test_max_pooling_gives_its_convolution_sparse_gradients() -> None:
    model = Sequential(
        [Input((15, 15, 8)), Conv2D(32, 1), Conv2D(32, 3, activation="relu"), MaxPooling2D(),
         Flatten(), Dense(3)]
    )  # fmt: skip
    model.compile("adam", "crossentropy")
    text = planned(model)
    for kind in ("transpose_weights", "max_pool_sparse_dx", "sparse_dw", "sparse_dx"):
        assert kind in text
    assert "max_pool_dx" not in text
    assert "only the elements that the pooling passes" in " ".join(text.replace("│", " ").split())


@pytest.mark.skipif(not native.is_available(), reason="the compiled engine is missing")
def test_a_profile_shows_times_and_changes_no_weights() -> None:
    model = network()
    model.compile("adam", "crossentropy")
    before = model.get_weights()
    text = planned(model, profile=True, batch_size=16)
    assert "On one thread: " in text
    assert "GFLOP/s" in text
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model.optimizer.iterations == 0


def test_invalid_plan_arguments_raise() -> None:
    with pytest.raises(UnknownNameError, match="plan mode"):
        network().plan(mode="training")
    with pytest.raises(StateError, match="there is no train plan without a loss"):
        network().plan(mode="train")
    with pytest.raises(ArgumentError, match="batch_size=0"):
        network().plan(0)
