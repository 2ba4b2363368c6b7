"""Arguments are checked when a layer is made, with Keras' error types and a hint."""

from typing import Any

import numpy as np
import pytest

from scallion import activations, layers
from scallion.errors import ArgumentError, ScallionError, UnknownNameError, UnsupportedError

# Calls that Keras 3.15 refuses with a ValueError, and our messages.
REFUSED: list[tuple[str, str]] = [
    ("Input(shape=28)", r"Received: shape=28\nhint: Input\(shape=\(28, 28, 1\)\)"),
    ("Input()", r"needs the shape of one image.*\nhint: Input\(shape="),
    ("Input('28')", r"a sequence of integers. Received: shape='28'"),
    ("Input((28, -1))", r"at least 1. Received: shape=\(28, -1\)"),
    ("Input((28.0, 1))", r"at least 1. Received: shape=\(28.0, 1\)"),
    ("Input((28, 1), batch_shape=(None, 28, 1))", r"replaces `batch_size` and `shape`"),
    ("Input(batch_shape=(None, 28), batch_size=3)", r"Received: shape=None, batch_size=3"),
    ("Dense(0)", r"`units` must be an integer of at least 1. Received: units=0\nhint: units=32"),
    ("Dense(-1)", r"Received: units=-1"),
    ("Dense(2.5)", r"Received: units=2.5"),
    ("Dense('a')", r"Received: units='a'"),
    ("Dense(3, foo=1)", r"Dense has no argument `foo`. Received: foo=1\nhint: it takes units, "),
    ("Dense(3, unit=1)", r"has no argument `unit`. Received: unit=1\nhint: did you mean units\?"),
    ("Dense(3, kernel_initializer='glorot')", r"did you mean 'glorot_\w+'\?"),
    ("Dense(3, activation='rleu')", r"Received: 'rleu'\nhint: did you mean 'relu'\?"),
    ("Dense(3, activation=3)", r"unknown activation. Received: 3"),
    ("Dense(3, trainable=1)", r"True or False. Received: trainable=1\nhint: trainable=False"),
    ("Dense(3, name=3)", r"text without '/'. Received: name=3"),
    ("Dense(3, name='a/b')", r"text without '/'. Received: name='a/b'"),
    ("Conv2D(0, 3)", r"Received: filters=0"),
    ("Conv2D(4.5, 3)", r"Received: filters=4.5"),
    ("Conv2D(4, 0)", r"one or two integers of at least 1. Received: kernel_size=0"),
    ("Conv2D(4, -1)", r"Received: kernel_size=-1\nhint: kernel_size=2 or kernel_size=\(2, 2\)"),
    ("Conv2D(4, (3, 3, 3))", r"Received: kernel_size=\(3, 3, 3\)"),
    ("Conv2D(4, 2.5)", r"Received: kernel_size=2.5"),
    ("Conv2D(4, 3, strides=0)", r"Received: strides=0"),
    ("Conv2D(4, 3, dilation_rate=0)", r"Received: dilation_rate=0"),
    (
        "Conv2D(4, 3, 2, dilation_rate=2)",
        r"both be above 1. Received: strides=\(2, 2\), dil.*\nhint: str",
    ),
    (
        "Conv2D(4, 3, groups=3)",
        r"multiple of `groups`. Received: filters=4, groups=3\nhint: filters=6",
    ),
    ("Conv2D(4, 3, groups=0)", r"Received: groups=0"),
    (
        "Conv2D(4, 3, padding='full')",
        r"'valid' or 'same'. Received: padding='full'\nhint: padding=",
    ),
    ("Conv2D(4, 3, data_format='nhwc')", r"Received: data_format='nhwc'"),
    ("MaxPooling2D(0)", r"Received: pool_size=0"),
    ("MaxPooling2D((2, 2, 2))", r"Received: pool_size=\(2, 2, 2\)"),
    ("AveragePooling2D(2, padding='causal')", r"Received: padding='causal'"),
    ("Dropout(1.5)", r"`rate` must be a number from 0 to 1. Received: rate=1.5\nhint: rate=0.5"),
    ("Dropout(-0.1)", r"Received: rate=-0.1"),
    ("Dropout(0.5, seed='a')", r"`seed` must be an integer from 0, or None. Received: seed='a'"),
    ("Reshape((4, -1, -1))", r"one of which may be -1. Received: target_shape=\(4, -1, -1\)"),
    ("Permute((2, 3))", r"each of 1, 2, ... once. Received: dims=\(2, 3\)\nhint: dims="),
    ("Permute((1, 1))", r"Received: dims=\(1, 1\)"),
    ("ZeroPadding2D((1, 2, 3))", r"two pairs of them. Received: padding=\(1, 2, 3\)\nhint: padd"),
    ("ZeroPadding2D(-1)", r"from 0.*Received: padding=-1"),
    ("Cropping2D(((1, 2), (3,)))", r"Received: cropping=\(\(1, 2\), \(3,\)\)"),
    ("Cropping2D(1.5)", r"Received: cropping=1.5"),
    ("UpSampling2D(0)", r"Received: size=0"),
    ("UpSampling2D((2, 2, 2))", r"Received: size=\(2, 2, 2\)"),
    ("ReLU(-1)", r"`max_value` must be a number of at least 0. Received: max_value=-1"),
    ("ReLU(negative_slope=None)", r"Received: negative_slope=None"),
    ("ReLU(threshold=-1)", r"Received: threshold=-1"),
]

# What Keras supports and we do not: refused with a reason, never ignored.
UNSUPPORTED: list[tuple[str, str]] = [
    ("Input((28, None, 1))", r"that is known. Received: shape=\(28, None, 1\)"),
    ("Input((28, 28), dtype='uint8')", r"float32. Received: dtype='uint8'\nhint: leave out dtype"),
    ("Input((28, 28), sparse=True)", r"Received: sparse=True\nhint: leave out sparse"),
    ("Dense(3, dtype='float16')", r"Received: dtype='float16'\nhint: leave out dtype"),
    ("Dense(3, activity_regularizer='l2')", r"activity_regularizer='l2'\nhint: .*kernel_regul"),
    ("Dense(3, kernel_regularizer=abs)", r"L1, L2 or L1L2.*<built-in.*hint: kernel_regularizer="),
    ("Dense(3, bias_constraint=abs)", "one of max_norm, .*<built-in.*hint: kernel_constraint="),
    ("Dense(3, activity_regularizer='l1')", r"Received: activity_regularizer='l1'"),
    ("Dense(3, lora_rank=4)", r"Dense does not support `lora_rank` here"),
    (
        "Conv2D(3, 3, activity_regularizer='l1')",
        r"Conv2D does not support `activity_regularizer` here",
    ),
    ("Flatten(activity_regularizer='l1')", r"Flatten does not support `activity_regularizer` here"),
    ("Conv2D(3, 3, data_format='channels_first')", r"hint: .*np.moveaxis\(images, 1, -1\)"),
    ("MaxPooling2D(data_format='channels_first')", r"\(height, width, channels\)"),
    ("Flatten(data_format='channels_first')", r"\(height, width, channels\)"),
    ("UpSampling2D(2, interpolation='lanczos3')", r"Received: interpolation='lanczos3'"),
    ("BatchNormalization(renorm=True)", r"BatchNormalization does not support `renorm`"),
    ("BatchNormalization(synchronized=True)", r"synchronized=True\nhint: .*one machine"),
]


def call(text: str) -> Any:
    return eval(text, {name: getattr(layers, name) for name in layers.__all__})


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_invalid_arguments_are_value_errors_with_hints(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=f"(?s){message}") as caught:
        call(text)
    assert caught.value.hint


@pytest.mark.parametrize(("text", "message"), UNSUPPORTED, ids=[text for text, _ in UNSUPPORTED])
def test_unsupported_arguments_are_refused_with_hints(text: str, message: str) -> None:
    with pytest.raises(UnsupportedError, match=f"(?s){message}") as caught:
        call(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["Dense()", "Conv2D(3)", "Dropout()", "Activation()"])
def test_missing_arguments_raise_pythons_own_error(text: str) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        call(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BatchNormalization(axis=0)", "`axis` must be an integer other than 0, the batch"),
        ("BatchNormalization(momentum=2)", "`momentum` must be a number from 0 to 1"),
        ("BatchNormalization(epsilon=-1)", "`epsilon` must be a number of at least 0"),
        ("Concatenate(axis=1.5)", "`axis` must be an integer. Received: axis=1.5"),
        ("Reshape('ab')", "Received: target_shape='ab'"),
        ("Reshape((0, 3))", "Received: target_shape=\\(0, 3\\)"),
        ("Rescaling('a')", "`scale` must be a number. Received: scale='a'"),
        ("Rescaling([])", r"`scale` must be a number. Received: scale=\[\]"),
        ("Rescaling([1, 'a'])", "`scale` must be a number. Received: scale='a'"),
        ("Dropout(0.5, noise_shape=3)", "`noise_shape` must be a sequence .* Received: .*=3"),
        ("Dropout(0.5, noise_shape=(None, 'a'))", "sequence of integers and None. Received: "),
        ("Softmax(axis=1.5)", "Received: axis=1.5"),
        ("Input((28, 0))", "Received: shape=\\(28, 0\\)"),
    ],
)
def test_arguments_that_keras_checks_late_are_refused_early(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call(text)


def test_numpy_numbers_are_accepted() -> None:
    assert layers.Dense(np.int64(3)).units == 3
    conv = layers.Conv2D(np.int32(4), np.array([3, 2]), strides=np.int64(2))
    assert (conv.kernel_size, conv.strides) == ((3, 2), (2, 2))
    assert layers.Dropout(np.float32(0.5)).get_config()["rate"] == 0.5
    assert type(layers.Dense(np.int64(3)).get_config()["units"]) is int
    assert layers.Input(np.array([4, 5])).shape == (None, 4, 5)


def test_float32_is_accepted_in_every_form() -> None:
    policy = layers.Dense(3).get_config()["dtype"]
    for dtype in (None, "float32", np.float32, np.dtype("float32"), policy):
        assert layers.Dense(3, dtype=dtype).dtype == "float32"


def test_argument_errors_carry_field_and_value() -> None:
    with pytest.raises(ArgumentError) as caught:
        layers.Dropout(1.5)
    assert (caught.value.field, caught.value.value, caught.value.layer) == ("rate", 1.5, None)
    with pytest.raises(UnsupportedError) as refused:
        layers.Dense(3, lora_rank=4)
    assert (refused.value.field, refused.value.value) == ("lora_rank", 4)
    with pytest.raises(UnknownNameError) as unknown:
        layers.Dense(3, activation="rleu")
    assert (unknown.value.field, unknown.value.value) == ("activation", "rleu")


def test_activations_are_given_by_name_or_object() -> None:
    for given in ("relu", activations.relu, activations.get("relu")):
        assert layers.Dense(3, activation=given).get_config()["activation"] == "relu"
    assert layers.Dense(3).activation == activations.linear


def test_every_error_belongs_to_the_tree() -> None:
    for text, _ in [*REFUSED, *UNSUPPORTED]:
        with pytest.raises(ScallionError):
            call(text)
    assert issubclass(UnknownNameError, ValueError)
    assert issubclass(UnsupportedError, ValueError)
