"""Classification of images with a saved model."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import scallion
from scallion.applications import model_registry
from scallion.errors import DataError, StateError
from scallion.models.files.model_reader import verify
from scallion.runs import Classifier, RunResult


def test_images_are_classified(finished: RunResult, pixels: dict[str, np.ndarray]) -> None:
    model = scallion.load(finished.run.path)
    answers = model.classify(pixels["x_test"][:3], top=2)
    assert [len(answer.top) for answer in answers] == [2, 2, 2]
    named = [answer.name for answer in model.classify(pixels["x_test"], top=3)]
    right = np.array(named) == pixels["y_test"].astype(str)
    assert right.mean() == finished.test.accuracy
    one = model.classify(pixels["x_test"][0], top=3)
    assert sum(guess.probability for guess in one.top) == pytest.approx(1)
    assert one.name == answers[0].name


def test_files_pillow_images_and_arrays_give_equal_results(
    finished: RunResult, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    image = pixels["x_test"][4]
    Image.fromarray(image).save(tmp_path / "four.png")
    model = Classifier.load(finished.run.model)
    forms = (image, image[..., None], Image.fromarray(image), tmp_path / "four.png")
    assert len({model.classify(form) for form in forms}) == 1


def test_pixels_of_another_range_are_refused(
    finished: RunResult, pixels: dict[str, np.ndarray]
) -> None:
    with pytest.raises(DataError, match="takes pixels from 0 to 255") as caught:
        scallion.load(finished.run.path).classify(pixels["x_test"][0] / 255)
    assert caught.value.hint == "images * 255"


def test_classify_all_checks_pixels_and_shapes_too(
    finished: RunResult, pixels: dict[str, np.ndarray]
) -> None:
    model, images = scallion.load(finished.run.path), pixels["x_test"][:3, ..., None]
    assert model.classify_all(images) == model.classify(images)
    with pytest.raises(DataError, match="takes pixels from 0 to 255") as caught:
        model.classify_all(images / 255)
    assert caught.value.hint == "images * 255"
    for wrong in (images[0], images[:, :5], images[..., 0]):
        with pytest.raises(DataError, match=r"takes an array \(n, 8, 8, 1\)"):
            model.classify_all(wrong)


def test_anything_but_an_image_is_refused(finished: RunResult, tmp_path: Path) -> None:
    model = scallion.load(finished.run.path)
    with pytest.raises(DataError, match="a path, a Pillow image or an array"):
        model.classify(7)
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(OSError, match=r"text\.png"):
        model.classify(tmp_path / "text.png")


def test_a_model_without_class_names_is_refused(tmp_path: Path) -> None:

    model_registry.find("quick").architecture.build((8, 8, 1), 3).save(tmp_path / "plain.keras")
    with pytest.raises(StateError, match="does not name its classes"):
        scallion.load(tmp_path / "plain.keras")
    with pytest.raises(StateError, match="contains no outputs to verify"):
        verify(tmp_path / "plain.keras")


@pytest.mark.parametrize("way", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_classifier_can_be_copied(finished: RunResult, pixels: dict, way: Any) -> None:
    classifier = scallion.load(finished.run.path)
    images = pixels["x_test"]
    before = classifier.classify(images)
    assert way(classifier).classify(images) == before
