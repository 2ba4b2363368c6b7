"""Keras' legacy `.h5` files: round trips, what they contain, files of Keras 2, hostile files."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from keras_2_files import KERAS_2, save_keras_2
from model_files import X, Y, network
from scallion.callbacks import ModelCheckpoint
from scallion.errors import ArgumentError, FileError, ScallionError, UnsupportedError
from scallion.layers import BatchNormalization, Conv2D, Dense, Flatten, GlobalMaxPooling2D, Input
from scallion.models import Model, Sequential, load_model
from scallion.models.files.legacy_hdf5.weights import unique

pytestmark = pytest.mark.filterwarnings("ignore:the HDF5 format of models is legacy")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network().save(tmp_path / "model.h5")
    return tmp_path / "model.h5"


def stack() -> Model:
    return Sequential([Input((6, 6, 1)), Conv2D(2, 3), Flatten(), Dense(3, activation="softmax")])


def test_saving_warns_that_the_format_is_legacy(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"legacy.*model\.save\('model\.keras'\)"):
        stack().save(tmp_path / "model.h5")


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5"])
def test_a_loaded_model_continues_bit_identically(name: str, tmp_path: Path) -> None:
    model = network()
    model.save(tmp_path / name)
    opened = load_model(tmp_path / name)
    assert opened.name == "small"
    assert opened.optimizer.iterations == 6
    expected = model.fit(X, Y, epochs=4, initial_epoch=2, batch_size=5, verbose=0).history
    history = opened.fit(X, Y, epochs=4, initial_epoch=2, batch_size=5, verbose=0).history
    assert history == expected


def test_nested_and_frozen_layers_keep_their_weights(tmp_path: Path) -> None:
    start = Input((6, 6, 1))
    inner = Sequential([Input((6, 6, 1)), Conv2D(2, 3), BatchNormalization()], name="inner")
    frozen = Sequential([Input((4, 4, 2)), BatchNormalization(), Conv2D(2, 3)], name="frozen")
    frozen.trainable = False
    model = Model(start, Dense(3)(GlobalMaxPooling2D()(frozen(inner(start)))))
    generator = np.random.default_rng(0)
    model.set_weights([generator.uniform(0.1, 1, w.shape) for w in model.get_weights()])
    model.save(tmp_path / "model.h5")
    opened = load_model(tmp_path / "model.h5")
    for old, new in zip(model.get_weights(), opened.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not opened.get_layer("frozen").trainable


def test_the_layout_is_that_of_keras(saved: Path) -> None:
    # Names and attributes of a file that Keras 3.15.1 wrote for such a network.
    with h5py.File(saved) as file:
        assert {"backend", "keras_version", "model_config", "training_config"} < set(file.attrs)
        weights = file["model_weights"]
        assert [name.decode() for name in weights.attrs["layer_names"]][:2] == ["image", "conv2d"]
        assert weights["batch_normalization"].attrs["weight_names"].tolist() == [
            b"batch_normalization/gamma",
            b"batch_normalization/beta",
            b"batch_normalization/moving_mean",
            b"batch_normalization/moving_variance",
        ]
        assert "top_level_model_weights" in weights
        state = file["optimizer_weights"].attrs["weight_names"].tolist()
        assert state[:4] == [
            b"adam/iteration",
            b"adam/learning_rate",
            b"adam/conv2d_kernel_momentum",
            b"adam/conv2d_kernel_velocity",
        ]
        config = json.loads(file.attrs["model_config"])
        assert list(config) == ["class_name", "config"]
        assert "module" not in config["config"]["layers"][1]
        training = json.loads(file.attrs["training_config"])
        assert training["loss"] == "sparse_categorical_crossentropy"
        assert training["optimizer_config"]["class_name"] == "Adam"


def test_the_optimizer_can_be_left_out(tmp_path: Path) -> None:
    network().save(tmp_path / "model.h5", include_optimizer=False)
    assert not load_model(tmp_path / "model.h5").compiled
    with pytest.warns(UserWarning, match="`save_format` has no effect"):
        network().save(tmp_path / "model.h5", save_format="h5")


def test_an_unbuilt_sequential_round_trips(tmp_path: Path) -> None:
    Sequential([Flatten(), Dense(3, name="answer")]).save(tmp_path / "model.h5")
    opened = load_model(tmp_path / "model.h5")
    assert [layer.name for layer in opened.layers] == ["flatten", "answer"]


def test_checkpoints_can_have_the_legacy_format(tmp_path: Path) -> None:
    model = network()
    best = ModelCheckpoint(tmp_path / "{epoch}.h5", monitor="loss")
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[best])
    assert load_model(tmp_path / "2.h5").optimizer.iterations == model.optimizer.iterations


def test_weights_load_from_legacy_files(saved: Path) -> None:
    model, other = network(), network()
    other.set_weights([weight * 0 for weight in other.get_weights()])
    other.load_weights(saved)
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))
    with pytest.raises(FileError, match=r"has 2 layers with weights, and .* has 4"):
        stack().load_weights(saved)


def test_a_weights_file_is_not_a_model(tmp_path: Path) -> None:
    network().save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(FileError, match="contains weights, but no layers") as caught:
        load_model(tmp_path / "m.weights.h5")
    assert "load_weights" in str(caught.value.hint)


def test_other_suffixes_are_refused_with_both_formats(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"ends in \.keras, or in \.h5"):
        stack().save(tmp_path / "model.txt")


def test_a_functional_model_of_keras_2_is_read(tmp_path: Path) -> None:
    arrays = [np.array([value], np.float32) for value in (2.0, 1.0, 0.5, 4.0)]
    path = save_keras_2(tmp_path / "old.h5", KERAS_2, {"a": [], "b": arrays, "c": []})
    model = load_model(path)
    x = np.full((1, 6, 6, 1), 3, np.float32)
    # x + 2 * (x - 0.5) / sqrt(4 + 0.001) + 1
    assert model.predict(x, verbose=0)[0, 0, 0, 0] == pytest.approx(6.49969, abs=1e-4)


def test_a_sequential_of_keras_2_without_input_layer_is_read(tmp_path: Path) -> None:
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "old",
            "layers": [
                {
                    "class_name": "Flatten",
                    "config": {"batch_input_shape": [None, 2, 2, 1], "name": "f"},
                },
                {"class_name": "Dense", "config": {"units": 1, "name": "d"}},
            ],
        },
    }
    kernel, bias = np.arange(4, dtype=np.float32)[:, None], np.ones(1, np.float32)
    path = save_keras_2(tmp_path / "old.h5", config, {"f": [], "d": [kernel, bias]})
    x = np.ones((1, 2, 2, 1), np.float32)
    assert load_model(path).predict(x, verbose=0).item() == 7


def with_config(change: Callable[[Any], Any]) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        file.attrs["model_config"] = json.dumps(change(json.loads(file.attrs["model_config"])))

    return edit


def _widen(config: Any) -> Any:
    config["config"]["layers"][-1]["config"]["units"] = 10**9
    return config


def _lambda(config: Any) -> Any:
    config["config"]["layers"][1]["class_name"] = "Lambda"
    return config


def _link(file: h5py.File) -> None:
    del file["model_weights/conv2d/conv2d/kernel"]
    file["model_weights/conv2d/conv2d/kernel"] = h5py.ExternalLink("/etc/passwd", "/")


def _external(file: h5py.File) -> None:
    del file["model_weights/conv2d/conv2d/kernel"]
    file["model_weights/conv2d"].create_dataset(
        "conv2d/kernel", (3, 3, 1, 2), "f4", external=[("/etc/passwd", 0, 72)]
    )


def _vast(file: h5py.File) -> None:
    del file["model_weights/conv2d/conv2d/kernel"]
    file["model_weights/conv2d"].create_dataset("conv2d/kernel", (2**40,), "f4", chunks=(2**20,))


def _bomb(file: h5py.File) -> None:
    _widen_file = with_config(_widen)
    _widen_file(file)
    del file["model_weights/dense/dense/kernel"]
    file["model_weights/dense"].create_dataset(
        "dense/kernel", (72, 10**9), "f4", chunks=(72, 2**16), compression="gzip"
    )


def _strange_names(file: h5py.File) -> None:
    file["model_weights/conv2d"].attrs["weight_names"] = [b"../../..", b"\xff/."]


def _numbers_as_names(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = np.arange(6)


def _list_as_config(file: h5py.File) -> None:
    file.attrs["model_config"] = "[1, 2]"


def _deep_config(file: h5py.File) -> None:
    file.attrs["model_config"] = "[" * 100_000


def _number_as_config(file: h5py.File) -> None:
    file.attrs["model_config"] = 3


def _training_list(file: h5py.File) -> None:
    file.attrs["training_config"] = '["adam"]'


def _optimizer_number(file: h5py.File) -> None:
    file.attrs["training_config"] = '{"optimizer_config": 3}'


def _negative_steps(file: h5py.File) -> None:
    file["optimizer_weights/adam/iteration"][...] = -7


def _rate_not_finite(file: h5py.File) -> None:
    file["optimizer_weights/adam/learning_rate"][...] = np.nan


HOSTILE = [
    with_config(_widen), with_config(_lambda), with_config(lambda _: {}),
    with_config(lambda _: {"class_name": "Functional", "config": {}}),
    with_config(lambda _: {"class_name": "Sequential", "config": {"layers": 3, "name": "x"}}),
    with_config(lambda _: {"class_name": "Sequential", "config": []}),
    _link, _external, _vast, _bomb, _strange_names, _numbers_as_names, _list_as_config,
    _deep_config, _number_as_config, _training_list, _optimizer_number, _negative_steps,
    _rate_not_finite,
]  # fmt: skip


@pytest.mark.parametrize("change", HOSTILE)
def test_hostile_files_raise_our_errors(change: Callable[[h5py.File], None], saved: Path) -> None:
    with h5py.File(saved, "a") as file:
        change(file)
    with pytest.raises((FileError, UnsupportedError)) as caught:
        load_model(saved)
    assert caught.value.hint


def test_damaged_bytes_raise_our_errors(saved: Path) -> None:
    content = saved.read_bytes()
    generator = np.random.default_rng(20261130)
    for _ in range(150):
        data = bytearray(content[: generator.integers(1, len(content))])
        if generator.random() < 0.8:
            data = bytearray(content)
        for place in generator.integers(0, len(data), generator.integers(1, 6)):
            data[place] = generator.integers(256)
        saved.write_bytes(data)
        with suppress(ScallionError):
            load_model(saved)


def test_equal_names_become_unique() -> None:
    assert unique(["a", "b", "a", "a_1"]) == ["a", "b", "a_1", "a_1_1"]
