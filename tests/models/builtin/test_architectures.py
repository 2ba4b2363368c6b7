"""Architectures: layers, parameter counts, and image shapes that they accept."""

import pytest

from scallion.applications import model_registry
from scallion.errors import ArgumentError, ShapeError
from scallion.models import Model


def build(name: str, shape: tuple[int, int, int] = (32, 32, 3), classes: int = 10) -> Model:
    return model_registry.find(name).architecture.build(shape, classes)


# The lesson's own tables: 47,370 before its third question, 36,138 after it and with dropout.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lesson", 47370),
        ("lesson-dense", 308310),
        ("lesson-deep", 36138),
        ("lesson-dropout", 36138),
    ],
)
def test_parameter_counts_match_the_lesson(name: str, parameters: int) -> None:
    assert build(name).count_params() == parameters


def test_third_network_matches_the_lessons_table() -> None:
    assert [
        (type(layer).__name__, layer.count_params()) for layer in build("lesson-deep").layers
    ] == [
        ("InputLayer", 0),
        ("Conv2D", 896),
        ("MaxPooling2D", 0),
        ("Conv2D", 9248),
        ("MaxPooling2D", 0),
        ("Conv2D", 9248),
        ("Flatten", 0),
        ("Dense", 16416),
        ("Dense", 330),
    ]


@pytest.mark.parametrize("name", model_registry.names())
def test_automatic_names_count_in_layer_order(name: str) -> None:
    layers = [layer.name for layer in build(name).layers]
    convolutions = [layer for layer in layers if layer.startswith("conv2d")]
    assert convolutions == ["conv2d", *(f"conv2d_{n}" for n in range(1, 9))][: len(convolutions)]


def test_dropout_follows_the_last_convolution() -> None:
    kinds = [type(layer).__name__ for layer in build("lesson-dropout").layers]
    assert kinds[5:8] == ["Conv2D", "Dropout", "Flatten"]


@pytest.mark.parametrize("shape", [(4, 4, 1), (8, 8, 1), (28, 28, 1), (65, 33, 4)])
def test_quick_accepts_small_and_odd_shapes(shape: tuple[int, int, int]) -> None:
    assert build("quick", shape, 3).output_shape == (None, 3)


def test_only_a_scale_adds_a_rescaling_layer() -> None:
    architecture = model_registry.find("lesson").architecture
    with_scale = architecture.build((28, 28, 1), 10, scale=1 / 255)
    assert [type(layer).__name__ for layer in with_scale.layers[:3]] == [
        "InputLayer",
        "Rescaling",
        "Conv2D",
    ]
    assert with_scale.count_params() == architecture.build((28, 28, 1), 10).count_params()


def test_a_single_class_raises() -> None:
    with pytest.raises(ArgumentError, match="two classes or more"):
        build("lesson", (28, 28, 1), 1)


def test_too_small_images_raise_with_the_failing_layer() -> None:
    with pytest.raises(ShapeError, match="conv2d"):
        build("lesson", (4, 4, 1))
