"""Named networks: their sizes, their recipes, and what happens to a name that is not there."""

import pytest

from scallion.errors import ArgumentError, ShapeError, UnknownNameError
from scallion.models import named


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
def test_the_lessons_networks_have_the_lessons_parameters(name: str, parameters: int) -> None:
    assert named.find(name).build((32, 32, 3), 10).count_params() == parameters


def test_the_lessons_third_network_is_the_one_of_its_table() -> None:
    model = named.find("lesson-deep").build((32, 32, 3), 10)
    assert [(type(layer).__name__, layer.count_params()) for layer in model.layers] == [
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


@pytest.mark.parametrize("name", named.names())
def test_automatic_names_count_in_the_order_of_the_layers(name: str) -> None:
    layers = [layer.name for layer in named.find(name).build((32, 32, 3), 10).layers]
    convolutions = [layer for layer in layers if layer.startswith("conv2d")]
    assert convolutions == ["conv2d", *(f"conv2d_{n}" for n in range(1, 9))][: len(convolutions)]


def test_dropout_stands_between_the_last_convolution_and_flatten() -> None:
    model = named.find("lesson-dropout").build((32, 32, 3), 10)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds[5:8] == ["Conv2D", "Dropout", "Flatten"]


@pytest.mark.parametrize(
    ("name", "epochs"), [("lesson", 10), ("lesson-deep", 20), ("lesson-dropout", 20)]
)
def test_the_lessons_networks_train_as_the_lesson_does(name: str, epochs: int) -> None:
    recipe = named.find(name)
    model = recipe.build((32, 32, 3), 10)
    recipe.compile(model, steps=100)
    assert (recipe.epochs, recipe.batch_size, recipe.label_smoothing) == (epochs, 32, 0.0)
    assert type(model.optimizer).__name__ == "Adam"
    assert model.optimizer.learning_rate == pytest.approx(0.001)
    model.optimizer.batches_seen = 99
    assert model.optimizer.learning_rate == pytest.approx(0.001)


def test_the_default_comes_first() -> None:
    assert named.names() == ("quick", "lesson", "lesson-dense", "lesson-deep", "lesson-dropout")


def test_the_rate_of_quick_ends_near_nothing_whatever_the_number_of_steps() -> None:
    recipe = named.find("quick")
    for steps in (1, 10, 6880):
        model = recipe.build((28, 28, 1), 10)
        recipe.compile(model, steps=steps, learning_rate=0.01)
        rates = []
        for model.optimizer.batches_seen in range(steps + 1):
            rates.append(model.optimizer.learning_rate)
        assert max(rates) <= 0.01
        assert rates[-1] < 0.001 or steps == 1


@pytest.mark.parametrize("shape", [(4, 4, 1), (8, 8, 1), (28, 28, 1), (65, 33, 4)])
def test_quick_takes_small_and_odd_images(shape: tuple[int, ...]) -> None:
    assert named.find("quick").build(shape, 3).output_shape == (None, 3)


def test_a_scale_is_a_layer_of_its_own_and_one_is_none() -> None:
    recipe = named.find("lesson")
    with_scale = recipe.build((28, 28, 1), 10, scale=1 / 255)
    assert [type(layer).__name__ for layer in with_scale.layers[:3]] == [
        "InputLayer",
        "Rescaling",
        "Conv2D",
    ]
    assert with_scale.count_params() == recipe.build((28, 28, 1), 10).count_params()


def test_quick_mirrors_what_may_be_mirrored_and_shifts_what_has_colours() -> None:
    augment = named.find("quick").augment
    made = {
        (depth, mirrored): [type(layer).__name__ for layer in augment((32, 40, depth), mirrored)]
        for depth in (1, 3)
        for mirrored in (False, True)
    }
    assert made == {
        (1, False): [],
        (1, True): ["RandomFlip"],
        (3, False): ["RandomTranslation"],
        (3, True): ["RandomFlip", "RandomTranslation"],
    }


def test_images_are_shifted_by_whole_pixels_each_as_likely() -> None:
    (shifting,) = named.find("quick").augment((32, 40, 3), False)
    assert (shifting.height_factor, shifting.width_factor) == (2.5 / 32, 2.5 / 40)
    assert shifting.interpolation == "nearest"


def test_names_are_read_liberally() -> None:
    assert named.find("Lesson_Deep").name == "lesson-deep"


def test_an_unknown_model_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model\. Received: 'lessen'") as caught:
        named.find("lessen")
    assert caught.value.hint == (
        "did you mean 'lesson'? Known: lesson, lesson-deep, lesson-dense, lesson-dropout, quick"
    )


def test_a_network_for_one_class_is_refused() -> None:
    with pytest.raises(ArgumentError, match="two classes or more"):
        named.find("lesson").build((28, 28, 1), 1)


def test_images_that_are_too_small_are_refused_with_the_layer_that_fails() -> None:
    with pytest.raises(ShapeError, match="conv2d"):
        named.find("lesson").build((4, 4, 1), 10)


def test_a_recipe_may_be_another_for_pictures_in_colour() -> None:
    quick = named.find("quick")
    assert quick.for_images((28, 28, 1)).label_smoothing == 0.0
    assert quick.for_images((32, 32, 3)).label_smoothing == 0.1
    assert named.find("lesson").for_images((32, 32, 3)) == named.find("lesson")
