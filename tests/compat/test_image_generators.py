"""ImageDataGenerator in scripts: it trains, and bad arguments are refused.

`tests/oracle/test_image_generators.py` compares its images with those of Keras.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import scallion
from scallion.compat import module_aliases
from scallion.compat.image_generators import ImageDataGenerator
from scallion.compat.image_generators.transforms import affine_matrix, centred, transform
from scallion.errors import ArgumentError, MissingFileError, ScallionError, UnknownNameError

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1)).astype(np.float32)
LABELS = np.arange(12) % 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.fromarray(IMAGES[number, ..., 0].astype(np.uint8)).save(
                tmp_path / name / f"{number}.png"
            )
    return tmp_path


def small_model() -> scallion.Sequential:
    layers = scallion.layers
    model = scallion.Sequential([layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2)])
    model.compile(
        "sgd",
        scallion.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def test_scripts_import_it_from_preprocessing() -> None:
    module_aliases.install()
    try:
        from tensorflow.keras.preprocessing.image import (  # pyright: ignore[reportMissingImports]
            ImageDataGenerator as Imported,
        )
    finally:
        module_aliases.uninstall()
    assert Imported is ImageDataGenerator


def test_models_train_on_a_flow() -> None:
    generator = ImageDataGenerator(rotation_range=10, rescale=1 / 255, validation_split=0.5)
    model = small_model()
    history = model.fit(
        generator.flow(IMAGES, LABELS, batch_size=5, subset="training"),
        validation_data=generator.flow(IMAGES, LABELS, batch_size=5, subset="validation"),
        epochs=2,
        verbose=0,
    ).history
    assert len(history["val_loss"]) == 2
    test = generator.flow(IMAGES, LABELS, batch_size=5, shuffle=False)
    assert model.evaluate(test, verbose=0)[0] > 0
    assert model.predict(test, verbose=0).shape == (12, 2)


def test_models_train_on_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        folder, target_size=(8, 8), color_mode="grayscale", class_mode="sparse", batch_size=4
    )
    assert capsys.readouterr().out == "Found 6 images belonging to 2 classes.\n"
    small_model().fit(flow, steps_per_epoch=2, verbose=0)
    assert flow.class_indices == {"cat": 0, "dog": 1}
    assert next(flow)[0].shape == (4, 8, 8, 1)


def test_batches_by_index_cover_an_epoch_once() -> None:
    flow = ImageDataGenerator().flow(IMAGES, np.arange(12), batch_size=5)
    labels = [int(label) for index in range(len(flow)) for label in flow[index][1]]
    assert sorted(labels) == list(range(12))
    with pytest.raises(IndexError, match="3 batches"):
        flow[3]


def test_a_quarter_turn_moves_each_pixel() -> None:
    image = np.arange(9, dtype=np.float32).reshape(3, 3, 1)
    matrix = affine_matrix(theta=90)
    assert matrix is not None
    np.testing.assert_allclose(transform(image, centred(matrix, 3, 3)), np.rot90(image), atol=1e-5)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: ImageDataGenerator(validation_split=1.5), ArgumentError),
        (lambda: ImageDataGenerator(zoom_range=(1, 2, 3)), ArgumentError),
        (lambda: ImageDataGenerator(brightness_range=0.5), ArgumentError),
        (lambda: ImageDataGenerator(data_format="channels_first"), ScallionError),
        (lambda: ImageDataGenerator().fit(IMAGES[0]), ArgumentError),
        (lambda: ImageDataGenerator().flow(IMAGES[0]), ArgumentError),
        (lambda: ImageDataGenerator().flow(IMAGES, LABELS[:3]), ArgumentError),
        (lambda: ImageDataGenerator().flow(IMAGES, batch_size=0), ArgumentError),
        (lambda: ImageDataGenerator().flow(IMAGES, subset="test"), UnknownNameError),
        (
            lambda: ImageDataGenerator(validation_split=0.5).flow(
                IMAGES, np.sort(LABELS), subset="training"
            ),
            ArgumentError,
        ),
        (lambda: ImageDataGenerator().flow_from_directory("nowhere"), MissingFileError),
        (lambda: ImageDataGenerator().flow_from_dataframe({"a": []}), ArgumentError),
        (
            lambda: ImageDataGenerator(rotation_range=9, fill_mode="mirror").random_transform(
                IMAGES[0]
            ),
            UnknownNameError,
        ),
    ],
)
def test_bad_arguments_are_refused(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="hint:"):
        make()


def test_missing_statistics_are_said() -> None:
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.warns(UserWarning, match=r"featurewise_center=True\) has no statistics"):
        next(generator.flow(IMAGES))


def test_predictions_of_a_shuffled_generator_get_a_warning() -> None:
    generator = ImageDataGenerator()
    network = scallion.Sequential(
        [scallion.Input(IMAGES.shape[1:]), scallion.layers.Flatten(), scallion.layers.Dense(2)]
    )
    with pytest.warns(UserWarning, match="shuffled anew in each pass"):
        network.predict(generator.flow(IMAGES, batch_size=5), verbose=0)
    assert len(network.predict(generator.flow(IMAGES, shuffle=False), verbose=0)) == len(IMAGES)
