"""`image_dataset_from_directory` reads a folder as Keras on TensorFlow does.

keras_folders.npz is made by scripts/expectations_folders.py.
"""

from pathlib import Path

import numpy as np
import pytest

import image_folders
import scallion
from scallion.errors import ArgumentError, DataError, MissingFileError, UnknownNameError
from scallion.utils import image_dataset_from_directory

EXPECTED = np.load(Path(__file__).parent / "keras_folders.npz")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("images")
    image_folders.write_images(path)
    return path


@pytest.fixture(scope="module")
def found(root: Path) -> dict[str, np.ndarray]:
    return image_folders.read_datasets(scallion, root)


@pytest.mark.parametrize("key", [key for key in EXPECTED if key.endswith("paths")])
def test_files_and_splits_are_in_keras_order(found: dict[str, np.ndarray], key: str) -> None:
    assert found[key].tolist() == EXPECTED[key].tolist()


@pytest.mark.parametrize("key", [key for key in EXPECTED if key.endswith("y")])
def test_labels_equal_those_of_keras(found: dict[str, np.ndarray], key: str) -> None:
    assert found[key].dtype == EXPECTED[key].dtype
    np.testing.assert_array_equal(found[key], EXPECTED[key])


@pytest.mark.parametrize("key", [key for key in EXPECTED if key.endswith("x")])
def test_pixels_equal_those_of_tensorflow(found: dict[str, np.ndarray], key: str) -> None:
    # TensorFlow rounds grey values differently from Pillow: by 1 of 255 at times.
    tolerance = 1.01 if key.startswith("grey") else 1e-4
    assert found[key].dtype == np.float32
    np.testing.assert_allclose(found[key], EXPECTED[key], atol=tolerance)


def test_the_number_of_files_is_printed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = image_dataset_from_directory(root, seed=1, validation_split=0.3, subset="both")
    assert capsys.readouterr().out == (
        "Found 16 files belonging to 3 classes.\n"
        "Using 12 files for training.\nUsing 4 files for validation.\n"
    )
    assert [dataset.class_names for dataset in pair] == [["cat", "dog", "fish"]] * 2


def test_each_iteration_shuffles_all_images_again(root: Path) -> None:
    dataset = image_dataset_from_directory(root, seed=1, image_size=(4, 4), verbose=False)
    labels = [np.concatenate([y for _, y in dataset]).tolist() for _ in range(2)]
    assert labels[0] != labels[1]
    assert sorted(labels[0]) == sorted(labels[1]) == [0] * 7 + [1] * 5 + [2] * 4


def test_without_labels_and_without_batches(root: Path) -> None:
    dataset = image_dataset_from_directory(
        root, labels=None, batch_size=None, image_size=5, shuffle=False, verbose=False
    )
    assert [x.shape for x in dataset] == [(5, 5, 3)] * 16


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"label_mode": "ints"}, UnknownNameError, "label mode"),
        ({"color_mode": "cmyk"}, UnknownNameError, "color mode"),
        ({"interpolation": "area"}, UnknownNameError, "interpolation"),
        ({"image_size": (3, 4, 5)}, ArgumentError, "image_size"),
        ({"validation_split": 0.2}, ArgumentError, "go together"),
        ({"validation_split": 1.2, "subset": "both"}, ArgumentError, "between 0 and 1"),
        ({"validation_split": "0.2", "subset": "both"}, ArgumentError, "between 0 and 1"),
        ({"validation_split": float("nan"), "subset": "both"}, ArgumentError, "between 0 and 1"),
        ({"validation_split": 0.2, "subset": "both"}, ArgumentError, "overlap"),
        ({"label_mode": "binary"}, ArgumentError, "two classes"),
        ({"class_names": ["cat", "cow"]}, ArgumentError, "cow"),
        ({"labels": [1, 2]}, ArgumentError, "2 for 16 files"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, ArgumentError, "both"),
    ],
)
def test_invalid_arguments_are_refused_with_a_hint(
    root: Path, arguments: dict, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        image_dataset_from_directory(root, verbose=False, **arguments)
    assert "\nhint: " in str(caught.value)


def test_missing_folders_and_images_are_different_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        image_dataset_from_directory(tmp_path / "nothere")
    with pytest.raises(DataError, match="no images in"):
        image_dataset_from_directory(tmp_path, verbose=False)
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").write_bytes(b"not an image")
    dataset = image_dataset_from_directory(tmp_path, verbose=False)
    with pytest.raises(DataError, match=r"1\.png cannot be read as an image"):
        next(iter(dataset))


def test_a_split_in_the_order_of_classes_gets_a_warning(root: Path) -> None:
    with pytest.warns(UserWarning, match="the validation images are all of 'fish'") as found:
        image_dataset_from_directory(
            root, validation_split=0.3, subset="both", shuffle=False, verbose=False
        )
    assert len(found) == 1
