"""`.keras` files: round trips, and errors for damaged or hostile files."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scallion import __version__
from scallion.errors import (
    ArgumentError,
    FileError,
    FileVersionError,
    MissingFileError,
    UnsupportedError,
)
from scallion.layers import Add, BatchNormalization, Conv2D, Dense, Flatten, Input
from scallion.losses import SparseCategoricalCrossentropy
from scallion.metrics import Precision, Recall
from scallion.models import Model, Sequential, load_model
from scallion.optimizers import Adam
from scallion.utils import set_random_seed

X = np.random.default_rng(0).random((12, 6, 6, 1))
Y = np.arange(12) % 3


def network() -> Model:
    set_random_seed(5)
    start = Input((6, 6, 1), name="picture")
    x = BatchNormalization()(Conv2D(2, 3, padding="same")(start))
    x = Add()([x, Conv2D(2, 3, padding="same")(x)])
    model = Model(start, Dense(3, activation="softmax")(Flatten()(x)), name="small")
    model.compile(Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, batch_size=5, verbose=0)
    return model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def rewritten(path: Path, member: str, change: Callable[[bytes], bytes | None]) -> Path:
    """Change one member of the file, or remove it where the change returns None."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = change(members.pop(member))
    if content is not None:
        members[member] = content
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def with_config(path: Path, change: Callable[[Any], None]) -> Path:
    def edit(content: bytes) -> bytes:
        config = json.loads(content)
        change(config)
        return json.dumps(config).encode()

    return rewritten(path, "config.json", edit)


def with_weights(path: Path, change: Callable[[h5py.File], None]) -> Path:
    def edit(content: bytes) -> bytes:
        memory = io.BytesIO(content)
        with h5py.File(memory, "a") as file:
            change(file)
        return memory.getvalue()

    return rewritten(path, "model.weights.h5", edit)


def refusal(path: Path, kind: type[Exception] = FileError) -> str:
    with pytest.raises(kind) as caught:
        load_model(path)
    assert caught.value.hint  # type: ignore[attr-defined]
    return str(caught.value)


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
        network().save(tmp_path / "model.h5")
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


def test_a_missing_file_raises(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "model.keras", MissingFileError)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_raises(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    refusal(saved)


def test_a_flipped_byte_in_the_weights_raises(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 0xFF
    saved.write_bytes(content)
    refusal(saved)


@pytest.mark.parametrize("member", ["config.json", "model.weights.h5"])
def test_a_missing_member_raises(saved: Path, member: str) -> None:
    assert f"contains no {member}" in refusal(rewritten(saved, member, lambda _: None))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b"null", b'{"class_name": "Functional", "config": 3}']
)
def test_an_invalid_config_raises(saved: Path, content: bytes) -> None:
    refusal(rewritten(saved, "config.json", lambda _: content))


def test_a_too_deeply_nested_config_raises(saved: Path) -> None:
    refusal(rewritten(saved, "config.json", lambda _: b"[" * 200_000))


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n" + bytes(100), bytes(5000)])
def test_weights_that_are_not_hdf5_raise(saved: Path, content: bytes) -> None:
    refusal(rewritten(saved, "model.weights.h5", lambda _: content))


def test_a_zip_bomb_is_not_unpacked(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.weights.h5"] += bytes(64 * 2**20)
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert saved.stat().st_size < 2**20
    assert "model.weights.h5 has 67," in refusal(saved)


def layer_entry(config: Any, name: str) -> Any:
    return next(entry for entry in config["config"]["layers"] if entry["name"] == name)


def test_unknown_layers_raise_with_their_name(saved: Path) -> None:
    def change(config: Any) -> None:
        layer_entry(config, "flatten")["class_name"] = "Flat"

    assert "layer 'flatten' is a Flat, which is missing here" in refusal(
        with_config(saved, change), UnsupportedError
    )


def test_a_lambda_is_never_run(saved: Path) -> None:
    def change(config: Any) -> None:
        entry = layer_entry(config, "flatten")
        entry["class_name"] = "Lambda"
        entry["config"]["function"] = {"class_name": "__lambda__", "config": {"code": "4w=="}}

    assert "is a Lambda: it contains code" in refusal(with_config(saved, change), UnsupportedError)


def test_a_class_of_another_module_raises(saved: Path) -> None:
    def change(config: Any) -> None:
        layer_entry(config, "flatten")["module"] = "os"

    assert "layer 'flatten' is a Flatten, which is missing here" in refusal(
        with_config(saved, change), UnsupportedError
    )


def test_an_unsupported_argument_raises_with_its_name(saved: Path) -> None:
    def change(config: Any) -> None:
        layer_entry(config, "dense")["config"]["lora_rank"] = 4

    assert "layer 'dense' cannot be created: Dense does not support `lora_rank` here" in refusal(
        with_config(saved, change), UnsupportedError
    )


def test_an_unknown_argument_raises_with_its_name(saved: Path) -> None:
    def change(config: Any) -> None:
        layer_entry(config, "dense")["config"]["colour"] = "red"

    assert "layer 'dense' has colour='red', which is not supported" in refusal(
        with_config(saved, change), UnsupportedError
    )


def test_half_precision_raises(saved: Path) -> None:
    def change(config: Any) -> None:
        layer_entry(config, "dense")["config"]["dtype"] = "mixed_float16"

    assert "layer 'dense' computes in mixed_float16" in refusal(
        with_config(saved, change), UnsupportedError
    )


def test_a_layer_without_inputs_raises(saved: Path) -> None:
    def change(config: Any) -> None:
        call = layer_entry(config, "flatten")["inbound_nodes"][0]
        call["args"][0]["config"]["keras_history"][0] = "nobody"

    refusal(with_config(saved, change))


def test_a_cycle_of_layers_raises(saved: Path) -> None:
    def change(config: Any) -> None:
        call = layer_entry(config, "conv2d")["inbound_nodes"][0]
        call["args"][0]["config"]["keras_history"][0] = "add"

    assert "has no inputs" in refusal(with_config(saved, change))


def test_a_network_larger_than_its_weights_raises_early(saved: Path) -> None:
    def change(config: Any) -> None:
        layer_entry(config, "dense")["config"]["units"] = 10**12

    assert "and the file has" in refusal(with_config(saved, change))


def test_an_unknown_optimizer_raises_with_its_name(saved: Path) -> None:
    def change(config: Any) -> None:
        config["compile_config"]["optimizer"]["class_name"] = "Nadam"

    assert "there is no optimizer 'Nadam' here" in refusal(
        with_config(saved, change), UnsupportedError
    )
    assert load_model(saved, compile=False).built


def test_weights_of_another_shape_raise(saved: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = np.zeros(4, np.float32)

    assert (
        "'layers/dense/vars/1' is not an array of numbers of the shape (3,). Received: shape (4,)"
        in refusal(with_weights(saved, change))
    )


def test_text_weights_raise(saved: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = np.array([b"a", b"b", b"c"])

    assert "is not an array of numbers" in refusal(with_weights(saved, change))


def test_too_many_arrays_for_a_layer_raise(saved: Path) -> None:
    def change(file: h5py.File) -> None:
        file["layers/flatten/vars/0"] = np.zeros(4, np.float32)

    assert "layer 'flatten' has 0 arrays, and the file has 1" in refusal(
        with_weights(saved, change)
    )


def test_a_link_to_another_file_is_not_followed(saved: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["numbers"] = np.zeros(3, np.float32)

    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/numbers")

    assert "'layers/dense/vars/1' is a link" in refusal(with_weights(saved, change))


def test_external_datasets_are_not_read(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(12))

    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/1"]
        file.create_dataset(
            "layers/dense/vars/1", (3,), "float32", external=[(str(tmp_path / "secret"), 0, 12)]
        )

    assert "'layers/dense/vars/1' is not an array of numbers" in refusal(
        with_weights(saved, change)
    )


def test_a_file_that_does_not_fit_changes_nothing(saved: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/1"]

    from scallion.models import weights_file

    model = network()
    before = model.get_weights()
    with zipfile.ZipFile(with_weights(saved, change)) as archive:
        content = archive.read("model.weights.h5")
    with pytest.raises(FileError, match="the weights file has no 'layers/dense/vars/1'"):
        weights_file.read(model, io.BytesIO(content), len(content))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_the_state_of_another_optimizer_raises(saved: Path) -> None:
    def change(config: Any) -> None:
        config["compile_config"]["optimizer"]["config"]["amsgrad"] = True

    assert "the state of another optimizer than 'adam'" in refusal(with_config(saved, change))


def test_custom_objects_raise(saved: Path) -> None:
    with pytest.raises(UnsupportedError, match="custom classes in a model"):
        load_model(saved, custom_objects={"Mine": object})


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
    with pytest.raises(FileError, match="the weights cannot be read"):
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


@pytest.mark.parametrize(
    ("version", "described"), [(2, "format version 2"), (None, "no format version")]
)
def test_a_model_file_of_another_version_raises(saved: Path, version: Any, described: str) -> None:
    def edit(content: bytes) -> bytes:
        members = json.loads(content)
        assert members["format_version"] == 1
        members["format_version"] = version
        return json.dumps(members).encode()

    message = refusal(rewritten(saved, "scallion.json", edit), FileVersionError)
    assert f"scallion.json has {described}, and this Scallion reads format version 1" in message
    assert f"hint: open it with the version of Scallion that saved it: {__version__}" in message


def test_weights_of_another_format_version_raise(saved: Path) -> None:
    def change(file: h5py.File) -> None:
        assert file.attrs["scallion_format_version"] == 1
        file.attrs["scallion_format_version"] = 2

    assert "the weights file has format version 2" in refusal(
        with_weights(saved, change), FileVersionError
    )
