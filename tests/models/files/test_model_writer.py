"""Saving: round trips of `.keras` and `.weights.h5` files, and their contents."""

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from model_files import X, Y, network
from scallion.errors import (
    ArgumentError,
    FileError,
    MissingFileError,
)
from scallion.layers import Dense, Flatten, Input
from scallion.losses import SparseCategoricalCrossentropy
from scallion.metrics import Precision, Recall
from scallion.models import Model, Sequential, load_model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_loaded_model_continues_bit_identically(saved: Path) -> None:
    model, opened = network(), load_model(saved)
    assert opened.name == "small"
    assert opened.optimizer.iterations == model.optimizer.iterations == 6
    assert np.array_equal(model.predict(X, verbose=0), opened.predict(X, verbose=0))
    expected = model.fit(X, Y, epochs=4, initial_epoch=2, batch_size=5, verbose=0).history
    history = opened.fit(X, Y, epochs=4, initial_epoch=2, batch_size=5, verbose=0).history
    assert history == expected


def test_the_file_has_keras_members_and_scallion_json(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        assert archive.namelist() == [
            "metadata.json",
            "config.json",
            "model.weights.h5",
            "scallion.json",
        ]
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            assert sorted(file["layers"]) == [
                "add",
                "batch_normalization",
                "conv2d",
                "conv2d_1",
                "dense",
                "flatten",
                "input_layer",
            ]
            assert file["layers/batch_normalization/vars"].attrs["name"] == "batch_normalization"
            assert len(file["layers/batch_normalization/vars"]) == 4
            assert file["optimizer/vars/0"][()] == 6


def test_without_compile_there_is_no_optimizer(saved: Path) -> None:
    opened = load_model(saved, compile=False)
    assert not opened.compiled
    assert opened.predict(X, verbose=0).shape == (12, 3)


def test_an_unbuilt_sequential_round_trips(tmp_path: Path) -> None:
    Sequential([Flatten(), Dense(3, name="answer")]).save(tmp_path / "model.keras")
    opened = load_model(tmp_path / "model.keras")
    assert isinstance(opened, Sequential)
    assert not opened.built
    assert [layer.name for layer in opened.layers] == ["flatten", "answer"]


def test_a_custom_metric_is_omitted_with_a_warning(tmp_path: Path) -> None:
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[lambda y, _: y == y])
    with pytest.warns(UserWarning, match="the arguments of compile are not saved"):
        model.save(tmp_path / "model.keras")
    assert not load_model(tmp_path / "model.keras").compiled


def test_other_suffixes_raise(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"ends in \.keras") as caught:
        network().save(tmp_path / "model.zip")
    assert caught.value.hint == 'model.save("model.keras")'


def test_overwrite_false_keeps_an_existing_file(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(FileError, match="already exists"):
        network().save(saved, overwrite=False)
    assert saved.read_bytes() == before
    network().save(saved)


def test_a_failed_save_keeps_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    before, model = saved.read_bytes(), network()
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(FileError, match="the disk is full"):
            model.save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["model.keras"]


def test_weights_files_round_trip(saved: Path, tmp_path: Path) -> None:
    model, other = network(), network()
    model.save_weights(tmp_path / "model.weights.h5")
    for path in (tmp_path / "model.weights.h5", saved):
        other.set_weights([weight + 1 for weight in other.get_weights()])
        other.load_weights(path)
        assert np.array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))
    with pytest.raises(ArgumentError, match=r"ends in \.weights\.h5"):
        model.save_weights(tmp_path / "model.h5")
    with pytest.raises(FileError, match="already exists"):
        model.save_weights(tmp_path / "model.weights.h5", overwrite=False)
    with pytest.raises(MissingFileError):
        model.load_weights(tmp_path / "nothing.weights.h5")
    (tmp_path / "broken.weights.h5").write_bytes(bytes(10**6))
    with pytest.raises(FileError, match="is damaged: it is not an HDF5 file"):
        model.load_weights(tmp_path / "broken.weights.h5")


def test_metric_extensions_round_trip(tmp_path: Path) -> None:
    start = Input((4,))
    model = Model(start, Dense(3)(start))
    each = Precision(average=None, name="each")
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=["accuracy", Recall(), each])
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert b"average" not in archive.read("config.json")
    again = load_model(tmp_path / "model.keras")
    x, y = np.eye(4, dtype=np.float32), np.arange(4) % 3
    found = again.evaluate(x, y, verbose=0, return_dict=True)
    assert np.shape(found["each"]) == (3,)
    np.testing.assert_array_equal(
        found["each"], model.evaluate(x, y, verbose=0, return_dict=True)["each"]
    )
