"""Shape errors show the layer and the calculation, and each of their edits works."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from scallion import layers
from scallion.errors import ShapeError, UnsupportedError
from scallion.layers import (
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Softmax,
)


def too_deep(leave_out: str | None = None, **edit: object) -> layers.Layer:
    """Build the lesson's network with one block more than 32 pixels allow."""
    x = Input((32, 32, 3))
    for number in range(3):
        x = Conv2D(32, 3, activation="relu", name=f"conv{number}")(x)
        if f"pool{number}" != leave_out:
            x = MaxPooling2D(name=f"pool{number}")(x)
    return Conv2D(32, **{"kernel_size": (3, 3), "name": "last", **edit})(x)


def test_message_names_the_layer_and_the_calculation() -> None:
    with pytest.raises(ShapeError) as caught:
        too_deep()
    first, *_ = str(caught.value).splitlines()
    assert first == (
        "layer 'last' (Conv2D): a 3x3 kernel does not fit a 2x2 image: (2 - 3) // 1 + 1 = 0 "
        "positions"
    )


def test_shape_errors_carry_layer_field_and_value() -> None:
    with pytest.raises(ShapeError) as caught:
        too_deep()
    assert caught.value.layer == "last"
    assert (caught.value.field, caught.value.value) == ("kernel_size", (3, 3))


def test_message_shows_the_summary_up_to_the_layer() -> None:
    with pytest.raises(ShapeError) as caught:
        too_deep()
    assert str(caught.value).splitlines()[2:-1] == [
        "┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓",
        "┃ Layer (type)             ┃ Output Shape       ┃ Param # ┃",
        "┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩",
        "│ input_layer (InputLayer) │ (None, 32, 32, 3)  │       0 │",
        "│ conv0 (Conv2D)           │ (None, 30, 30, 32) │     896 │",
        "│ pool0 (MaxPooling2D)     │ (None, 15, 15, 32) │       0 │",
        "│ conv1 (Conv2D)           │ (None, 13, 13, 32) │   9,248 │",
        "│ pool1 (MaxPooling2D)     │ (None, 6, 6, 32)   │       0 │",
        "│ conv2 (Conv2D)           │ (None, 4, 4, 32)   │   9,248 │",
        "│ pool2 (MaxPooling2D)     │ (None, 2, 2, 32)   │       0 │",
        "│ last (Conv2D)            │ does not fit       │         │",
        "└──────────────────────────┴────────────────────┴─────────┘",
    ]


def test_table_is_unchanged_on_a_narrow_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    with pytest.raises(ShapeError, match=r"│ conv0 \(Conv2D\)           │ \(None, 30, 30, 32\) │"):
        too_deep()


def test_each_edit_for_a_large_kernel_works() -> None:
    with pytest.raises(ShapeError) as caught:
        too_deep()
    assert caught.value.hint == "padding=\"same\", or kernel_size=(2, 2), or leave out 'pool2'"
    assert too_deep(padding="same").shape == (None, 2, 2, 32)
    assert too_deep(kernel_size=(2, 2)).shape == (None, 1, 1, 32)
    assert too_deep(leave_out="pool2").shape == (None, 2, 2, 32)


def test_each_edit_for_a_dilated_kernel_works() -> None:
    x = Input((5, 9, 1))
    with pytest.raises(ShapeError) as caught:
        Conv2D(2, 3, dilation_rate=(3, 2))(x)
    assert "a 3x3 kernel, 3x2 dilated, does not fit a 5x9 image" in caught.value.message
    assert "(5 - 7) // 1 + 1 = -1 and (9 - 5) // 1 + 1 = 5 positions" in caught.value.message
    assert caught.value.hint == 'padding="same", or kernel_size=(2, 3)'
    assert Conv2D(2, 3, dilation_rate=(3, 2), padding="same")(x).shape == (None, 5, 9, 2)
    assert Conv2D(2, (2, 3), dilation_rate=(3, 2))(x).shape == (None, 2, 5, 2)


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
def test_each_edit_for_a_large_window_works(kind: type[layers.Layer]) -> None:
    x = Input((3, 2, 4))
    with pytest.raises(ShapeError) as caught:
        kind(4)(x)
    assert caught.value.hint == 'padding="same", or pool_size=(3, 2)'
    assert kind(4, padding="same")(x).shape == (None, 1, 1, 4)
    assert kind((3, 2))(x).shape == (None, 1, 1, 4)


def test_a_window_of_one_pixel_is_not_suggested() -> None:
    x = Flatten(name="row")(Input((1, 1, 8)))
    with pytest.raises(ShapeError) as caught:
        MaxPooling2D()(Input((1, 1, 8)))
    assert caught.value.hint == 'padding="same"'
    assert x.shape == (None, 8)


def test_flattening_too_early_is_explained() -> None:
    flat = Flatten(name="flat")(Input((28, 28, 1)))
    with pytest.raises(ShapeError) as caught:
        Conv2D(8, 3)(flat)
    assert "Received: shape=(None, 784)" in caught.value.message
    assert caught.value.hint == ("put this layer before the one that flattens, or leave out 'flat'")
    assert Conv2D(8, 3)(Input((28, 28, 1))).shape == (None, 26, 26, 8)


@pytest.mark.parametrize("make", [lambda: Conv2D(8, 3), MaxPooling2D, GlobalAveragePooling2D])
def test_images_without_channels_get_a_hint(make) -> None:
    with pytest.raises(ShapeError) as caught:
        make()(Input((28, 28)))
    assert caught.value.hint == "Input((28, 28, 1)), and images[..., None] for the images"
    assert make()(Input((28, 28, 1))).ndim in (2, 4)


def test_invalid_groups_get_a_valid_suggestion() -> None:
    with pytest.raises(ShapeError, match="6 / 4 leaves a remainder of 2") as caught:
        Conv2D(8, 3, groups=4)(Input((8, 8, 6)))
    assert caught.value.hint == "groups=2"
    assert Conv2D(8, 3, groups=2)(Input((8, 8, 6))).shape == (None, 6, 6, 8)


SUMS = [
    ((8, 8, 16), (8, 8, 32)),
    ((32, 32, 16), (16, 16, 32)),
    ((16, 16, 32), (32, 32, 16)),
    ((33, 32, 4), (11, 11, 4)),
    ((32, 32, 3), (30, 30, 8)),
    ((30, 30, 8), (32, 30, 3)),
    ((7,), (12,)),
]


@pytest.mark.parametrize(("first", "second"), SUMS)
def test_suggested_layer_makes_the_addition_work(first, second) -> None:
    inputs = [Input(first), Input(second)]
    with pytest.raises(ShapeError, match="its inputs have different shapes") as caught:
        Add()(inputs)
    suggestion, shape = re.fullmatch(
        r"(.+) on the input of \(None, (.+?),?\)", caught.value.hint
    ).groups()
    layer = eval(suggestion, {"Conv2D": Conv2D, "Dense": Dense})
    chosen = next(i for i in inputs if i.image_shape == tuple(map(int, shape.split(", "))))
    other = next(i for i in inputs if i is not chosen)
    assert Add()([layer(chosen), other]).shape == other.shape


def test_a_vector_and_an_image_cannot_be_added() -> None:
    with pytest.raises(ShapeError, match=r"hint: .*GlobalAveragePooling2D"):
        Add()([Input((3, 3, 8)), Input((8,))])
    with pytest.raises(ShapeError, match="hint: give all inputs the same shape"):
        Add()([Input((8, 4, 1)), Input((4, 8, 1))])


def test_table_of_an_addition_shows_both_branches() -> None:
    x = Input((8, 8, 3))
    with pytest.raises(ShapeError) as caught:
        Add(name="sum")([Conv2D(4, 1, name="left")(x), Conv2D(5, 1, name="right")(x)])
    rows = [line.split()[1] for line in str(caught.value).splitlines() if line.startswith("│")]
    assert rows == ["input_layer", "left", "right", "sum"]


def test_table_of_a_deep_network_is_shortened() -> None:
    x = Input((9,))
    for number in range(100):
        x = Dropout(0.1, name=f"drop{number}")(x)
    with pytest.raises(ShapeError) as caught:
        MaxPooling2D()(x)
    lines = str(caught.value).splitlines()
    rows = [line.split()[1] for line in lines if line.startswith("│")]
    assert rows == ["input_layer", "...", *(f"drop{n}" for n in range(61, 100)), "max_pooling2d"]
    assert any("... 61 more ..." in line for line in lines)


def test_a_scalar_input_has_no_channels() -> None:
    for layer in (Dense(3), BatchNormalization()):
        with pytest.raises(ShapeError, match=r"hint: Input\(\(1,\)\)"):
            layer(Input(()))
    assert Dense(3)(Input((1,))).shape == (None, 3)


def test_a_missing_axis_is_reported() -> None:
    with pytest.raises(ShapeError, match=r"Received: axis=5\n(?s:.*)hint: axis=-1"):
        Softmax(axis=5)(Input((10,)))
    with pytest.raises(
        UnsupportedError, match=r"layer 'batch_normalization' .*axis=1(?s:.*)hint: axis=-1"
    ):
        BatchNormalization(axis=1)(Input((8, 8, 3)))


def test_a_failed_call_leaves_the_layer_unchanged() -> None:
    layer = Conv2D(4, 3)
    with pytest.raises(ShapeError):
        layer(Input((2, 2, 3)))
    assert not layer.built
    assert layer.nodes == []
    assert layer(Input((3, 3, 3))).shape == (None, 1, 1, 4)


def test_a_layer_is_shared_only_if_its_weights_fit() -> None:
    conv, dense = Conv2D(4, 3), Dense(3)
    conv(Input((8, 8, 3)))
    dense(Input((5,)))
    assert conv(Input((9, 7, 3))).shape == (None, 7, 5, 4)
    with pytest.raises(
        ShapeError, match=r"for inputs of \(None, 5\), and it is called again on \(None, 6\)"
    ):
        dense(Input((6,)))
    assert len(dense.nodes) == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: layers.Reshape((5, -1))(Input((3, 4, 2))),
            r"24 values do not fit into the shape (5, -1): 3*4*2 = 24, and 5 = 5",
        ),
        (
            lambda: layers.Reshape((5, 5))(Input((24,))),
            "24 values do not fit into the shape (5, 5)",
        ),
        (lambda: layers.Permute((2, 1))(Input((3, 4, 2))), "the input has 3 axes after the batch"),
        (
            lambda: layers.Cropping2D(((2, 1), (0, 0)))(Input((3, 4, 2))),
            "nothing is left of a 3x4 image: 3 - 3 = 0 and 4 - 0 = 4",
        ),
        (lambda: layers.ZeroPadding2D()(Input((4,))), "an image has three axes"),
        (lambda: layers.Subtract()([Input((4,))] * 3), "it takes two inputs. Received: 3"),
        (
            lambda: layers.Concatenate()([Input((3, 3, 2)), Input((3, 4, 5))]),
            "its inputs differ in more than axis -1: (None, 3, 3, 2) and (None, 3, 4, 5)",
        ),
        (
            lambda: layers.Concatenate(4)([Input((3, 3, 2))] * 2),
            "an axis of an image is 1 to 3, or negative, counted from the end. Received: axis=4",
        ),
    ],
)
def test_impossible_reshapes_and_merges_are_explained(
    build: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        build()
    assert message in str(caught.value)
    assert caught.value.hint


def test_axis_of_a_possible_concatenation_is_suggested() -> None:
    first, second = Input((3, 3, 2)), Input((3, 4, 2))
    with pytest.raises(ShapeError, match="differ in more than axis -1") as caught:
        layers.concatenate([first, second])
    assert caught.value.hint == "axis=2"
    assert layers.concatenate([first, second], axis=2).shape == (None, 3, 7, 2)
    with pytest.raises(ShapeError, match="differ in more than axis -1") as caught:
        layers.concatenate([first, Input((4,))])
    assert caught.value.hint == "Flatten() or GlobalAveragePooling2D() turns an image into one axis"
