"""Networks are checked by their layers and shapes, not by their code."""

import pytest

from scallion import layers, lesson
from scallion.lesson.answers.network_check import check_network
from scallion.models import Model

DEEPER = lesson.find("onions").questions["deeper-network"]


def network(*, extra="after", padding="valid", flatten=True, image=(32, 32, 3), classes=10):
    def convolution(x, **options):
        return layers.Conv2D(32, (3, 3), activation="relu", **options)(x)

    inputs = layers.Input(image)
    x = layers.MaxPooling2D((2, 2))(convolution(inputs))
    x = convolution(x)
    if extra == "before":
        x = convolution(x, padding=padding)
    x = layers.MaxPooling2D((2, 2))(x)
    if extra == "after":
        x = convolution(x, padding=padding)
    x = layers.Flatten()(x) if flatten else x
    x = layers.Dense(32, activation="relu")(x)
    return Model(inputs, layers.Dense(classes)(x))


def test_the_network_of_the_solution_is_right() -> None:
    found = check_network(DEEPER, network())
    assert found.right is True
    assert found.reason == "Right: a network of 36,138 parameters, 4x4x32 into Flatten."


@pytest.mark.parametrize(
    ("options", "reason", "hint"),
    [
        ({"extra": ""}, "has 2 Conv2D layers, not 3", "model.summary()"),
        ({"padding": "same"}, "56,618 parameters, not 36,138", 'padding="same"'),
        ({"extra": "before"}, "45,354", "before the last pool"),
        ({"flatten": False}, "answer has the shape 4x4x10, not 10", "put Flatten"),
        ({"image": (28, 28, 1)}, "image has the shape 28x28x1, not 32x32x3", "Look at Input"),
        ({"classes": 9}, "answer has the shape 9, not 10", "Look at the last layer"),
    ],
)
def test_a_wrong_network_gets_reason_and_hint(options, reason, hint) -> None:
    found = check_network(DEEPER, network(**options))
    assert found.right is False
    assert reason in found.reason
    assert hint in found.hint


def test_an_unexpected_count_is_explained_by_the_largest_layer() -> None:
    inputs = layers.Input((32, 32, 3))
    x = inputs
    for _ in range(3):
        x = layers.Conv2D(4, 3)(x)
    found = check_network(DEEPER, Model(inputs, layers.Dense(10)(layers.Flatten()(x))))
    assert "27,458 parameters" in found.reason  # 112 + 2*148 + 26*26*4*10 + 10
    assert "2704*10 + 10" in found.hint
    assert "26x26x4 that Flatten gets" in found.hint
