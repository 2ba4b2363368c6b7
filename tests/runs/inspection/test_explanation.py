"""What a network looks at, on networks small enough to follow by hand."""

import numpy as np
import pytest

from scallion import layers, session
from scallion.errors import ArgumentError, DataError
from scallion.insight.explanation.grad_cam import resize_bilinear
from scallion.models import Model, model_registry
from scallion.models.inspection import first_non_finite_layer
from scallion.runs.inspection import explanation
from scallion.runs.inspection.training_health import dead_units, relative_gradients


def corner_network() -> Model:
    """Two classes: the brightness of the upper half, and of the lower half."""
    image = layers.Input((4, 4, 1))
    x = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="look")(image)
    model = Model(image, layers.Dense(2, use_bias=False)(layers.Flatten()(x)))
    halves = np.zeros((16, 2), np.float32)
    halves[:8, 0] = halves[8:, 1] = 1
    model.set_weights([np.ones((1, 1, 1, 1), np.float32), halves])
    return model


def test_grad_cam_is_bright_where_the_image_speaks_for_the_class() -> None:
    image = np.zeros((4, 4, 1))
    image[0, 1] = 1.0
    heat = explanation.grad_cam(corner_network(), image)
    assert (heat.label, heat.layer, heat.map.shape) == (0, "look", (4, 4))
    assert heat.map[0, 1] == 1.0
    assert heat.map.sum() == 1.0


def test_grad_cam_of_a_class_with_nothing_for_it_is_dark() -> None:
    model = corner_network()
    model.set_weights([np.ones((1, 1, 1, 1)), -np.ones((16, 2))])
    assert explanation.grad_cam(model, np.ones((4, 4, 1)), label=1).map.max() == 0


@pytest.mark.parametrize("name", ["quick", "lesson", "lesson-deep", "lesson-dropout"])
def test_every_named_network_can_be_explained(name: str) -> None:
    model = model_registry.find(name).architecture.build((28, 28, 3), 5)
    heat = explanation.grad_cam(model, np.random.default_rng(0).random((28, 28, 3)))
    assert heat.map.shape == (28, 28)
    assert 0 <= heat.map.min() <= heat.map.max() <= 1
    filters = (24, 2, 2, 3) if name == "quick" else (32, 3, 3, 3)
    assert explanation.filters(model).shape == filters


# By hand, after Araujo, Norris and Sim (2019): r grows by (k - 1) j, j by the stride.
def test_receptive_fields_add_up_over_the_layers() -> None:
    model = model_registry.find("lesson-deep").architecture.build((32, 32, 3), 10)
    fields = {field.layer: field[1:] for field in explanation.receptive_fields(model)}
    assert fields["conv2d"] == ((3, 3), (1, 1))
    assert fields["max_pooling2d"] == ((4, 4), (2, 2))
    assert fields["conv2d_1"] == ((8, 8), (2, 2))
    assert fields["max_pooling2d_1"] == ((10, 10), (4, 4))
    assert fields["conv2d_2"] == ((18, 18), (4, 4))


def test_where_ways_meet_the_widest_field_counts() -> None:
    image = layers.Input((9, 9, 2))
    wide = layers.Conv2D(2, (5, 3), padding="same", dilation_rate=2)(image)
    model = Model(image, layers.Add(name="sum")([wide, image]))
    (last,) = [f for f in explanation.receptive_fields(model) if f.layer == "sum"]
    assert last.size == (9, 5)


def test_the_maps_of_a_layer_are_what_it_computes() -> None:
    image = np.arange(16.0).reshape(4, 4, 1)
    maps = explanation.activation_maps(corner_network(), image, "look")
    np.testing.assert_array_equal(maps, image)


def test_maps_are_brought_to_a_size_in_straight_lines() -> None:
    line = np.array([[0.0, 1.0]])
    assert resize_bilinear(line, (1, 4)).tolist() == [[0.0, 0.25, 0.75, 1.0]]


def test_a_network_without_convolutions_has_nothing_to_show() -> None:
    image = layers.Input((4, 4, 1))
    model = Model(image, layers.Dense(2)(layers.Flatten()(image)))
    with pytest.raises(ArgumentError, match="has no convolution"):
        explanation.grad_cam(model, np.zeros((4, 4, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"layer": "flatten"}, "is not an image"), ({"label": 2}, "from 0 to 1")],
)
def test_what_cannot_be_explained_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        explanation.grad_cam(corner_network(), np.zeros((4, 4, 1)), **arguments)


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(DataError, match="takes images of 4x4x1"):
        explanation.grad_cam(corner_network(), np.zeros((5, 5, 1)))


def test_units_that_never_speak_are_counted() -> None:
    image = layers.Input((4, 4, 1))
    x = layers.Conv2D(3, 1, activation="relu", name="look")(image)
    model = Model(image, layers.Dense(2)(layers.Flatten()(x)))
    model.get_layer("look").set_weights(
        [np.array([1.0, -1.0, 1.0]).reshape(1, 1, 1, 3), np.array([0.0, 0.0, -9.0])]
    )
    (layer,) = dead_units(model, np.random.default_rng(1).random((200, 4, 4, 1)))
    assert (layer.layer, layer.dead, layer.units) == ("look", 2, 3)


def test_the_first_layer_without_numbers_is_named() -> None:
    model = corner_network()
    x = np.ones((2, 4, 4, 1), np.float32)
    assert first_non_finite_layer(model, x) is None
    model.get_layer("look").set_weights([np.full((1, 1, 1, 1), np.nan)])
    assert first_non_finite_layer(model, x) == "look"


# By hand: with weights 1, and 1 and -1, the logits of a pixel of 1 are 1 and -1, so the class 0 has
# the probability e / (e + 1/e) = 0.880797, and the slopes there are -0.119203 and 0.119203.
def test_slopes_are_measured_by_the_weights_and_leave_all_as_it_was() -> None:
    image = layers.Input((1, 1, 1))
    x = layers.Dense(1, use_bias=False, name="first")(layers.Flatten()(image))
    model = Model(image, layers.Dense(2, use_bias=False, name="last")(x))
    weights = [np.ones((1, 1), np.float32), np.array([[1, -1]], np.float32)]
    model.set_weights(weights)
    session.set_random_seed(3)
    before = session.next_seed()
    session.set_random_seed(3)
    found = relative_gradients(model, np.ones((5, 1, 1, 1), np.float32), np.zeros(5, np.int64))
    assert [slope.layer for slope in found] == ["first", "last"]
    assert [slope.size for slope in found] == pytest.approx([0.238406, 0.119203], abs=1e-6)
    assert all((a == b).all() for a, b in zip(model.get_weights(), weights, strict=True))
    assert session.next_seed() == before
