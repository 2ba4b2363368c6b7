"""ImageDataGenerator gives the images of Keras' own, parameter by parameter and batch by batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scallion.compat.image_generators import ImageDataGenerator

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (7, 12, 10, 3)).astype(np.float32)
PARAMETERS: list[dict[str, Any]] = [
    {"theta": 30},
    {"theta": -100, "zx": 0.5, "zy": 0.5},
    {"tx": 2, "ty": -3},
    {"tx": 2.3, "ty": -20.7},
    {"shear": 20},
    {"zx": 1.4, "zy": 0.7},
    {"theta": 12, "tx": 1.5, "ty": 0.4, "shear": -8, "zx": 1.1, "zy": 0.9},
    {"flip_horizontal": True},
    {"flip_vertical": True, "theta": 5},
    {"channel_shift_intensity": 40.5},
    {"brightness": 0.4},
    {"brightness": 1.7, "theta": 3},
]
OPTIONS: list[dict[str, Any]] = [
    {"rotation_range": 40, "width_shift_range": 0.2, "height_shift_range": 0.2,
     "shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True, "rescale": 1 / 255},
    {"width_shift_range": [-2, 0, 2], "height_shift_range": 3, "vertical_flip": True,
     "fill_mode": "reflect"},
    {"zoom_range": [0.7, 1.3], "channel_shift_range": 30, "fill_mode": "constant", "cval": 9.0},
    {"brightness_range": (0.5, 1.5), "samplewise_center": True},
    {"samplewise_std_normalization": True, "fill_mode": "wrap", "rotation_range": 90},
    {"featurewise_center": True, "featurewise_std_normalization": True},
    {"preprocessing_function": lambda x: x / 127.5 - 1, "dtype": "float64"},
]  # fmt: skip


def theirs(**options: Any) -> Any:
    pytest.importorskip("scipy")
    image = pytest.importorskip("keras.src.legacy.preprocessing.image")
    return image.ImageDataGenerator(**options)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "reflect", "wrap"])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_given_parameters_give_the_same_image(
    parameters: dict[str, Any], fill_mode: str, order: int
) -> None:
    options = {"fill_mode": fill_mode, "cval": 7.0, "interpolation_order": order}
    wanted = theirs(**options).apply_transform(IMAGES[0].copy(), dict(parameters))
    found = ImageDataGenerator(**options).apply_transform(IMAGES[0], parameters)
    np.testing.assert_allclose(found, wanted, atol=1e-3)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options))
def test_a_seed_gives_the_same_batches(options: dict[str, Any]) -> None:
    ours, keras = ImageDataGenerator(**options), theirs(**options)
    for generator in (ours, keras):
        generator.fit(IMAGES)
    labels = np.arange(7)
    flows = [one.flow(IMAGES, labels, batch_size=3, seed=5) for one in (ours, keras)]
    for _ in range(5):
        (images, found), (their_images, wanted) = (next(flow) for flow in flows)
        assert found.tolist() == wanted.tolist()
        np.testing.assert_allclose(images, their_images, atol=1e-3)
        assert images.dtype == their_images.dtype


@pytest.mark.parametrize("class_mode", ["categorical", "binary", "sparse", "input", None])
@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_folders_give_the_same_batches(
    tmp_path: Path, class_mode: str | None, subset: str | None
) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name / "inner").mkdir(parents=True)
        for number in range(5):
            pixels = RANDOM.integers(0, 256, (9 + number, 11, 3)).astype(np.uint8)
            folder = tmp_path / name / ("inner" if number == 2 else "")
            Image.fromarray(pixels).save(folder / f"{number}.png")
        (tmp_path / name / "notes.txt").write_text("no image", encoding="utf-8")
    options = {"target_size": (8, 6), "class_mode": class_mode, "batch_size": 4, "seed": 3}
    flows = [
        one.flow_from_directory(tmp_path, subset=subset, **options)
        for one in (
            ImageDataGenerator(rotation_range=20, validation_split=0.4),
            theirs(rotation_range=20, validation_split=0.4),
        )
    ]
    ours, keras = flows
    assert ours.filenames == keras.filenames
    assert ours.class_indices == keras.class_indices
    assert ours.classes.tolist() == keras.classes.tolist()
    assert (ours.samples, len(ours), ours.image_shape) == (
        keras.samples,
        len(keras),
        keras.image_shape,
    )
    for _ in range(3):
        found, wanted = (next(flow) for flow in flows)
        pairs = [(found, wanted)] if class_mode is None else zip(found, wanted, strict=True)
        for one, other in pairs:
            np.testing.assert_allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("class_mode", ["categorical", "raw", "sparse"])
def test_tables_give_the_same_batches(tmp_path: Path, class_mode: str) -> None:
    pandas = pytest.importorskip("pandas")
    names = [f"{number}.png" for number in range(6)]
    for name in names[:5]:
        pixels = RANDOM.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    table = pandas.DataFrame({"file": names, "kind": list("abcabc"), "value": [1.5, 2, 3, 4, 5, 6]})
    column = "value" if class_mode == "raw" else "kind"
    options = {"x_col": "file", "y_col": column, "class_mode": class_mode, "target_size": (8, 8)}
    ours, keras = (
        one.flow_from_dataframe(table, tmp_path, batch_size=2, seed=1, **options)
        for one in (ImageDataGenerator(), theirs())
    )
    assert ours.filenames == keras.filenames
    for _ in range(3):
        (images, found), (their_images, wanted) = next(ours), next(keras)
        np.testing.assert_array_equal(images, their_images)
        np.testing.assert_array_equal(found, wanted)
