"""Exports: what they carry, how they are verified, and that nothing private leaves."""

import base64
import getpass
import gzip
import io
import json
import re
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion import protobuf
from scallion.errors import ArgumentError, ExportError, FileError, StateError, UnsupportedError
from scallion.export import FORMATS, export_model, export_run, runtimes, verify_export
from scallion.export.onnx import model_proto, onnx_file
from scallion.layers import Dense, Input
from scallion.models import Model, load_model
from scallion.models.files import verification
from scallion.runs.inspection.saved_run import open_run

HOSTILE = ["</script><script>alert(1)</script>", "say \"cheese\" & 'smile'", "\u202eright to left"]


@pytest.fixture
def no_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without onnxruntime and Keras, which this one may have."""
    monkeypatch.setattr(runtimes, "installed", lambda _: None)


def metadata(content: bytes) -> dict[str, str]:
    """Return the metadata of an ONNX file."""
    entries = [
        dict(protobuf.fields(value))
        for number, value in protobuf.fields(content)
        if number == model_proto.METADATA_FIELD and isinstance(value, bytes)
    ]
    return {entry[1].decode(): entry[2].decode() for entry in entries}  # type: ignore[union-attr]


def small_model() -> Model:
    x = Input((4,))
    return Model(x, Dense(3)(x), name="small")


@pytest.mark.usefixtures("no_runtimes")
def test_an_export_carries_classes_preprocessing_and_outputs(
    finished_run: Path, tmp_path: Path
) -> None:
    result = export_run(finished_run, tmp_path / "model.onnx")
    content = result.path.read_bytes()
    found = metadata(content)
    assert json.loads(found["class_names"]) == ["0", "1", "2"]
    description = json.loads(found["description"])
    assert description["preprocessing"]["in_words"] == (
        "8x8 grey, padded with the colour of the border; pixels 0 to 255 become 0 to 255"
    )
    assert len(description["fingerprint"]) == 64
    outputs = np.array(json.loads(found["verification"])["outputs"][0])
    assert outputs.shape == (4, 3)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-6)
    assert found["verified"] == "not verified here"
    assert result.verified is None
    assert "pip install onnxruntime" in result.describe()
    assert result.size == len(content)


@pytest.mark.usefixtures("no_runtimes")
def test_two_exports_of_a_run_are_equal(finished_run: Path, tmp_path: Path) -> None:
    one, other = (
        export_run(finished_run, tmp_path / name).path.read_bytes()
        for name in ("one.onnx", "other.onnx")
    )
    assert one == other


@pytest.mark.usefixtures("no_runtimes")
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_private_is_in_an_export(name: str, finished_run: Path, tmp_path: Path) -> None:
    content = export_run(finished_run, tmp_path / f"model{FORMATS[name].suffix}", name)
    path = content.path
    files = [path] if path.is_file() else [*path.iterdir()]
    data = b"".join(_unpacked(file.read_bytes()) for file in files)
    private = [str(tmp_path), str(finished_run.parent), str(Path.home()), socket.gethostname()]
    words = [*private, "stripes.npz", "x_train"]
    if getpass.getuser() != "root":  # a usual word
        words.append(getpass.getuser())
    assert [word for word in words if len(word) > 3 and word.encode() in data] == []
    for image in open_run(finished_run).images("train").x:
        for pixels in (image, image.astype(np.float32), (image / 255).astype(np.float32)):
            assert pixels.tobytes() not in data


def _unpacked(content: bytes) -> bytes:
    """Return a file with what is compressed or encoded in it."""
    parts = [content]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    for block in re.findall(rb'type="text/plain" id="(?:engine|program)">(.*?)<', content):
        parts.append(gzip.decompress(base64.b64decode(block)))
    for encoded in re.findall(rb'"float32": "(.*?)"|"check_images": "(.*?)"', b"".join(parts)):
        parts += [base64.b64decode(one) for one in encoded]
    return b"".join(parts)


def _another_weight(content: bytes) -> bytes:
    weights = load_model_weight(content)
    return content.replace(weights, bytes(len(weights)), 1)


def load_model_weight(content: bytes) -> bytes:
    """Return the bytes of the largest constant of an ONNX file."""
    graph = next(v for n, v in protobuf.fields(content) if n == model_proto.GRAPH_FIELD)
    assert isinstance(graph, bytes)
    constants = [dict(protobuf.fields(v)) for n, v in protobuf.fields(graph) if n == 5]  # type: ignore[arg-type]
    return max((one[9] for one in constants), key=len)  # type: ignore[arg-type, return-value]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a weight": _another_weight,
    "a class name": lambda content: content.replace(b'"0", "1", "2"', b'"0", "2", "1"', 1),
    "a class name in the description": lambda content: content[::-1].replace(
        b'"0", "1", "2"'[::-1], b'"0", "2", "1"'[::-1], 1
    )[::-1],
    "the resize rule": lambda content: content.replace(b'"fit": "pad"', b'"fit": "cut"'),
    "the pixel range": lambda content: content.replace(b"[0.0, 255.0]", b"[0.0, 254.0]"),
    "the operation": lambda content: content.replace(b"Relu", b"Sqrt"),
}


@pytest.mark.usefixtures("no_runtimes")
@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_is_found(what: str, finished_run: Path, tmp_path: Path) -> None:
    path = export_run(finished_run, tmp_path / "model.onnx").path
    content = path.read_bytes()
    changed = CHANGES[what](content)
    assert changed != content
    path.write_bytes(changed)
    with pytest.raises(FileError, match=r"model\.onnx: the file is not what was exported"):
        verify_export(path)


@pytest.mark.usefixtures("no_runtimes")
def test_an_unchanged_file_needs_a_runtime(finished_run: Path, tmp_path: Path) -> None:
    path = export_run(finished_run, tmp_path / "model.onnx").path
    with pytest.raises(StateError, match="onnxruntime is not installed"):
        verify_export(path)


@pytest.mark.parametrize("content", [b"", b"GIF89a", bytes(100), b"\x3a\x02\x01"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"model\.onnx: "):
        verify_export(path)


@pytest.mark.parametrize("apart", [0.01, float("nan")])
def test_other_outputs_leave_nothing_behind(
    apart: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(draft: Any) -> list[np.ndarray]:
        return [np.array(draft.verification.outputs[0], np.float32) + np.float32(apart)]

    monkeypatch.setattr(runtimes, "installed", lambda name: f"{name} 1.0")
    monkeypatch.setattr(onnx_file.OnnxDraft, "outputs", wrong)
    with pytest.raises(ExportError, match="nothing was written"):
        export_model(small_model(), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_run_whose_model_has_changed_is_not_exported(finished_run: Path, tmp_path: Path) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    stored = verification.record_outputs(model, 0.0, 255.0)
    stored["outputs"][0][0] += 1
    path = tmp_path / "model.keras"
    model.save(path)
    _replace_verification(path, stored)
    with pytest.raises(ExportError, match="does not give the outputs that were stored"):
        export_run(path, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def _replace_verification(path: Path, stored: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = {**json.loads(members["scallion.json"]), "verification": stored}
    members["scallion.json"] = json.dumps(content).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.usefixtures("no_runtimes")
def test_hostile_class_names_are_carried_as_text(finished_run: Path, tmp_path: Path) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    assert model.metadata is not None
    model.metadata["class_names"] = HOSTILE
    export_model(model, tmp_path / "model.onnx")
    found = metadata((tmp_path / "model.onnx").read_bytes())
    assert json.loads(found["class_names"]) == HOSTILE


@pytest.mark.usefixtures("no_runtimes")
@pytest.mark.parametrize("name", FORMATS)
def test_hostile_class_names_are_text_in_every_format(
    name: str, finished_run: Path, tmp_path: Path
) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    assert model.metadata is not None
    model.metadata["class_names"] = [*HOSTILE[:2], '{network}\n"""\nimport os']
    path = export_model(model, tmp_path / f"model{FORMATS[name].suffix}", name).path
    files = [path] if path.is_file() else [*path.iterdir()]
    code = {file.name: file.read_text() for file in files if file.suffix in (".py", ".html")}
    assert [file for file, text in code.items() if "<script>alert" in text] == []
    if name == "torch":
        assert "import os" not in code["model.py"]
        described = json.loads((path / "export.json").read_text())["description"]
        assert described["class_names"] == model.metadata["class_names"]


@pytest.mark.usefixtures("no_runtimes")
def test_a_model_exports_itself_as_in_keras(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.onnx"
    small_model().export(path, verbose=True)
    assert str(path) in capsys.readouterr().out
    assert json.loads(metadata(path.read_bytes())["class_names"]) == []


@pytest.mark.parametrize("format_", ["tf_saved_model", "litert", "openvino"])
def test_other_formats_of_keras_are_refused(format_: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=f"{format_!r} is not supported"):
        small_model().export(tmp_path / "model", format=format_)


def test_mistakes_in_the_arguments_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="did you mean 'onnx'"):
        export_model(small_model(), tmp_path / "model.onnx", "onx")
    with pytest.raises(ArgumentError, match=r"ends in \.onnx"):
        export_model(small_model(), tmp_path / "model.pt")
    with pytest.raises(ArgumentError, match="did you mean 'uint8_input'"):
        export_model(small_model(), tmp_path / "model.onnx", uint8=True)
    with pytest.raises(ArgumentError, match="is not an export"):
        verify_export(tmp_path / "model.pt")
