"""The explanation of models, on networks small enough to follow by hand."""

import numpy as np
import pytest

from scallion import layers
from scallion.applications import model_registry
from scallion.errors import ArgumentError, DataError
from scallion.models import Model
from scallion.runs.inspection import explanation


def half_brightness_network() -> Model:
    """Two classes: the brightness of the upper half, and of the lower half."""
    image = layers.Input((4, 4, 1))
    x = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="pixels")(image)
    model = Model(image, layers.Dense(2, use_bias=False)(layers.Flatten()(x)))
    halves = np.zeros((16, 2), np.float32)
    halves[:8, 0] = halves[8:, 1] = 1
    model.set_weights([np.ones((1, 1, 1, 1), np.float32), halves])
    return model


def test_grad_cam_is_bright_where_the_class_score_rises() -> None:
    image = np.zeros((4, 4, 1))
    image[0, 1] = 1.0
    found = explanation.grad_cam(half_brightness_network(), image)
    assert (found.label, found.layer, found.map.shape) == (0, "pixels", (4, 4))
    assert found.map[0, 1] == 1.0
    assert found.map.sum() == 1.0


def test_grad_cam_without_positive_evidence_is_dark() -> None:
    model = half_brightness_network()
    model.set_weights([np.ones((1, 1, 1, 1)), -np.ones((16, 2))])
    assert explanation.grad_cam(model, np.ones((4, 4, 1)), label=1).map.max() == 0


@pytest.mark.parametrize("name", ["quick", "lesson", "lesson-deep", "lesson-dropout"])
def test_every_named_network_can_be_explained(name: str) -> None:
    model = model_registry.find(name).architecture.build((28, 28, 3), 5)
    found = explanation.grad_cam(model, np.random.default_rng(0).random((28, 28, 3)))
    assert found.map.shape == (28, 28)
    assert 0 <= found.map.min() <= found.map.max() <= 1
    filters = (24, 2, 2, 3) if name == "quick" else (32, 3, 3, 3)
    assert explanation.filters(model).shape == filters


# By hand, after Araujo, Norris and Sim (2019): r grows by (k - 1) j, j by the stride.
def test_receptive_fields_grow_from_layer_to_layer() -> None:
    model = model_registry.find("lesson-deep").architecture.build((32, 32, 3), 10)
    fields = {field.layer: field[1:] for field in explanation.receptive_fields(model)}
    assert fields["conv2d"] == ((3, 3), (1, 1))
    assert fields["max_pooling2d"] == ((4, 4), (2, 2))
    assert fields["conv2d_1"] == ((8, 8), (2, 2))
    assert fields["max_pooling2d_1"] == ((10, 10), (4, 4))
    assert fields["conv2d_2"] == ((18, 18), (4, 4))


def test_merged_branches_have_the_largest_receptive_field() -> None:
    image = layers.Input((9, 9, 2))
    wide = layers.Conv2D(2, (5, 3), padding="same", dilation_rate=2)(image)
    model = Model(image, layers.Add(name="sum")([wide, image]))
    (last,) = [f for f in explanation.receptive_fields(model) if f.layer == "sum"]
    assert last.size == (9, 5)


def test_activation_maps_are_the_output_of_the_layer() -> None:
    image = np.arange(16.0).reshape(4, 4, 1)
    maps = explanation.activation_maps(half_brightness_network(), image, "pixels")
    np.testing.assert_array_equal(maps, image)


def test_a_network_without_convolutions_is_refused() -> None:
    image = layers.Input((4, 4, 1))
    model = Model(image, layers.Dense(2)(layers.Flatten()(image)))
    with pytest.raises(ArgumentError, match="has no convolution"):
        explanation.grad_cam(model, np.zeros((4, 4, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"layer": "flatten"}, "is not an image"), ({"label": 2}, "from 0 to 1")],
)
def test_layers_and_classes_that_do_not_fit_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        explanation.grad_cam(half_brightness_network(), np.zeros((4, 4, 1)), **arguments)


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(DataError, match="takes images of 4x4x1"):
        explanation.grad_cam(half_brightness_network(), np.zeros((5, 5, 1)))
