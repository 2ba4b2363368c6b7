"""Keras exports: probabilities from plain Keras, class names in a member, and stored outputs."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from scallion.errors import FileError
from scallion.export import export_model, export_run, is_export, runtimes, verify_export
from scallion.export.keras import keras_file
from scallion.export.verification import make_check_images
from scallion.layers import Dense, Flatten, Input, Softmax
from scallion.models import Model, load_model
from scallion.runs import Classifier


@pytest.fixture
def exported(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runtimes, "installed", lambda _: None)
    return export_run(finished_run, tmp_path / "copy.keras", "keras").path


def change(path: Path, name: str, old: bytes, new: bytes) -> None:
    """Replace bytes in one member of an archive."""
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    assert old in members[name]
    members[name] = members[name].replace(old, new, 1)
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in members.items():
            archive.writestr(one, content)


def test_the_copy_gives_probabilities(exported: Path, finished_run: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    found = load_model(exported, compile=False).predict(images, verbose=0)
    wanted = Classifier.load(finished_run).probabilities(images)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_class_names_are_in_a_member(exported: Path) -> None:
    with zipfile.ZipFile(exported) as archive:
        assert json.loads(archive.read("class_names.json")) == ["0", "1", "2"]


def test_the_copy_is_a_classifier_here_as_well(exported: Path, finished_run: Path) -> None:
    image = np.zeros((8, 8), np.uint8)
    one, other = (Classifier.load(path).classify(image) for path in (exported, finished_run))
    assert one.name == other.name  # type: ignore[union-attr]


def test_a_copy_is_verified_and_told_from_a_run(exported: Path, finished_run: Path) -> None:
    assert is_export(exported)
    assert not is_export(finished_run / "model.keras")
    assert verify_export(exported).is_verified


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        ("class_names.json", b'"0"', b'"9"'),
        ("verification.json", b'"fit": "pad"', b'"fit": "crop"'),
        ("config.json", b'"relu"', b'"tanh"'),
    ],
)
def test_a_changed_copy_is_found(exported: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(exported) as archive:
        content = archive.read(member)
    if old not in content:  # the quick network has ReLU layers without arguments
        old, new = b'"kernel_size": [3, 3]', b'"kernel_size": [3, 1]'
    change(exported, member, old, new)
    with pytest.raises(FileError, match=r"copy\.keras: the file is not what was exported"):
        verify_export(exported)


def test_a_changed_weight_is_found(exported: Path) -> None:
    model = load_model(exported, compile=False)
    weight = model.get_weights()[0]
    change(exported, "model.weights.h5", weight.tobytes(), (weight + 1).tobytes())
    with pytest.raises(FileError, match="a weight, a class name or a preprocessing step"):
        verify_export(exported)


def test_a_softmax_is_not_added_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "installed", lambda _: None)
    x = Input((2, 2, 1))
    model = Model(x, Softmax()(Dense(3)(Flatten()(x))))
    model.metadata = {
        "class_names": ["a", "b", "c"],
        "preprocessing": {},
        "input": {"shape": [2, 2, 1], "dtype": "float32", "range": [0, 1]},
    }
    export_model(model, tmp_path / "copy.keras", "keras")
    copy = load_model(tmp_path / "copy.keras", compile=False)
    assert [type(layer).__name__ for layer in copy.layers] == [
        "InputLayer",
        "Flatten",
        "Dense",
        "Softmax",
    ]


@pytest.mark.exports
@pytest.mark.filterwarnings("ignore")
def test_plain_keras_gives_the_same_probabilities(finished_run: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    result = export_run(finished_run, tmp_path / "copy.keras", "keras")
    if keras_file.runtime() is None:
        pytest.skip("Keras has no backend")
    assert result.verified is not None
    assert result.verified.startswith("keras 3.")
    assert result.difference is not None
    assert result.difference < 1e-5


def test_check_images_of_several_inputs_differ() -> None:
    one, other = make_check_images([(4, 4, 1), (4, 4, 1)], (0.0, 1.0))
    assert not np.array_equal(one, other)
