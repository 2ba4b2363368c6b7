"""Training recipes: epochs, schedule, loss and augmentation of the named models."""

import pytest

from scallion.applications import model_registry


@pytest.mark.parametrize(
    ("name", "epochs"), [("lesson", 10), ("lesson-deep", 20), ("lesson-dropout", 20)]
)
def test_lesson_models_use_the_lessons_settings(name: str, epochs: int) -> None:
    architecture, recipe = model_registry.find(name)
    model = architecture.build((32, 32, 3), 10)
    recipe.compile(model, steps=100)
    assert (recipe.epochs, recipe.batch_size, recipe.label_smoothing) == (epochs, 32, 0.0)
    assert type(model.optimizer).__name__ == "Adam"
    assert model.optimizer.learning_rate == pytest.approx(0.001)
    model.optimizer.batches_seen = 99
    assert model.optimizer.learning_rate == pytest.approx(0.001)


def test_the_learning_rate_of_quick_decays_to_zero() -> None:
    architecture, recipe = model_registry.find("quick")
    for steps in (1, 10, 6880):
        model = architecture.build((28, 28, 1), 10)
        recipe.compile(model, steps=steps, learning_rate=0.01)
        rates = []
        for model.optimizer.batches_seen in range(steps + 1):
            rates.append(model.optimizer.learning_rate)
        assert max(rates) <= 0.01
        assert rates[-1] < 0.001 or steps == 1


def test_quick_flips_where_allowed_and_shifts_colour_images() -> None:
    augmentation = model_registry.find("quick").recipe.augmentation
    made = {
        (depth, flips): [type(layer).__name__ for layer in augmentation((32, 40, depth), flips)]
        for depth in (1, 3)
        for flips in (False, True)
    }
    assert made == {
        (1, False): [],
        (1, True): ["RandomFlip"],
        (3, False): ["RandomTranslation"],
        (3, True): ["RandomFlip", "RandomTranslation"],
    }


def test_shifts_are_equally_likely_whole_pixels() -> None:
    (shift,) = model_registry.find("quick").recipe.augmentation((32, 40, 3), False)
    assert (shift.height_factor, shift.width_factor) == (2.5 / 32, 2.5 / 40)
    assert shift.interpolation == "nearest"


def test_colour_images_may_change_the_recipe() -> None:
    quick, lesson = model_registry.find("quick").recipe, model_registry.find("lesson").recipe
    assert quick.for_images((28, 28, 1)).label_smoothing == 0.0
    assert quick.for_images((32, 32, 3)).label_smoothing == 0.1
    assert lesson.for_images((32, 32, 3)) == lesson


@pytest.mark.parametrize(
    ("count", "batch_size", "epochs"),
    [(20, 16, 40), (168, 16, 40), (450, 16, 21), (1_500, 32, 13), (3_999, 32, 8), (4_000, 64, 8)],
)
def test_few_images_are_trained_in_more_and_smaller_steps(
    count: int, batch_size: int, epochs: int
) -> None:
    recipe = model_registry.find("quick").recipe.for_count(count)
    assert (recipe.batch_size, recipe.epochs) == (batch_size, epochs)
    assert dict(recipe.layer_arguments) == ({"momentum": 0.7} if count < 4_000 else {})


@pytest.mark.parametrize("name", ["lesson", "lesson-deep", "pretrained"])
def test_other_recipes_do_not_depend_on_the_number_of_images(name: str) -> None:
    recipe = model_registry.find(name).recipe
    assert recipe.for_count(20) is recipe
