"""Loading: errors for damaged, hostile and unsupported `.keras` files."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from model_files import network, refusal, rewritten, with_config, with_weights
from scallion import __version__
from scallion.errors import (
    FileError,
    FileVersionError,
    MissingFileError,
    UnsupportedError,
)
from scallion.models import load_model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


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
        config["compile_config"]["optimizer"]["class_name"] = "Ftrl"

    assert "there is no optimizer 'Ftrl' here" in refusal(
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

    assert "the values of an array are in another file" in refusal(with_weights(saved, change))


def test_a_file_that_does_not_fit_changes_nothing(saved: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/1"]

    from scallion.models.files import weights_file

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


def test_custom_objects_that_a_model_does_not_need_change_nothing(saved: Path) -> None:
    assert load_model(saved, custom_objects={"Mine": object}).compiled


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
