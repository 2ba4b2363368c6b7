"""Folders for PyTorch: what is in them, the program that predicts, and its verification."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion.errors import FileError
from scallion.export import export_run, runtimes, verify_export
from scallion.export.torch import safetensors
from scallion.runs import Classifier

FILES = {
    "README.md", "check_images.safetensors", "export.json",
    "model.py", "model.safetensors", "predict.py",
}  # fmt: skip


@pytest.fixture
def folder(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runtimes, "installed", lambda _: None)
    return export_run(finished_run, tmp_path / "exported", "torch").path


def test_a_folder_has_all_that_it_needs(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    export = json.loads((folder / "export.json").read_text())
    assert export["description"]["class_names"] == ["0", "1", "2"]
    assert export["verified"] == "not verified here"
    assert "not verified here" in (folder / "README.md").read_text()


def test_safetensors_has_the_bytes_of_the_format() -> None:
    # By safetensors 0.6: save({"a": np.array([1, 2], np.float32)}).
    assert safetensors.encode({"a": np.array([1, 2], np.float32)})[-8:] == bytes.fromhex(
        "0000803f00000040"
    )
    content = safetensors.encode({"a": np.zeros((2, 3), np.float32), "b": np.array(7, np.int64)})
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    assert json.loads(content[8 : 8 + length]) == {
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]},
    }


def test_an_export_is_replaced_and_other_folders_are_not(
    folder: Path, finished_run: Path, tmp_path: Path
) -> None:
    (folder / "model.py").write_text("")
    export_run(finished_run, folder, "torch")
    assert "class Network" in (folder / "model.py").read_text()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("precious")
    with pytest.raises(FileError, match="is not an export of this format"):
        export_run(finished_run, tmp_path / "other", "torch")
    assert (tmp_path / "other" / "thesis.txt").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exported", "other"]


def test_scallion_runs_no_program_of_a_folder(folder: Path) -> None:
    with pytest.raises(FileError, match="verified by its own program"):
        verify_export(folder)


def predict(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "predict.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.exports
def test_torch_verifies_the_folder(finished_run: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    result = export_run(finished_run, tmp_path / "exported", "torch")
    assert result.verified is not None
    assert result.verified.startswith("torch ")
    assert json.loads(predict(result.path, "--verify").stdout)["difference"] < 1e-5


@pytest.mark.exports
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("export.json", b'"fit": "pad"', b'"fit": "crop"'),
        ("export.json", b'"0"', b'"9"'),
        ("model.py", b"F.relu", b"F.gelu"),
        ("model.safetensors", b"F32", b"F32 "),
    ],
)
def test_a_changed_folder_is_found(folder: Path, name: str, old: bytes, new: bytes) -> None:
    pytest.importorskip("torch")
    content = (folder / name).read_bytes()
    assert old in content
    (folder / name).write_bytes(content.replace(old, new, 1))
    done = predict(folder, "--verify")
    assert done.returncode == 1
    assert "has changed" in done.stderr


@pytest.mark.exports
def test_images_of_all_kinds_are_classified_as_here(
    folder: Path, finished_run: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    random = np.random.default_rng(0)
    pixels = Image.fromarray(random.integers(0, 256, (23, 31, 3), np.uint8))
    rotated = Image.Exif()
    rotated[274] = 6
    kinds = {
        "rgb.png": (pixels, {}),
        "grey.png": (pixels.convert("L").resize((8, 8)), {}),
        "palette.png": (pixels.convert("P"), {}),
        "alpha.png": (Image.merge("RGBA", [*pixels.split(), pixels.getchannel(0)]), {}),
        "rotated.png": (pixels, {"exif": rotated}),
        "tall.bmp": (pixels.resize((5, 40)), {}),
    }
    for name, (image, options) in kinds.items():
        image.save(tmp_path / name, **options)
    rows = list(
        csv.DictReader(
            predict(folder, *[str(tmp_path / name) for name in kinds]).stdout.splitlines()
        )
    )
    classifier = Classifier.load(finished_run)
    for row in rows:
        wanted = classifier.classify(row["image"])
        assert row["class"] == wanted.name  # type: ignore[union-attr]
        assert float(row["probability"]) == pytest.approx(wanted.probability, abs=1e-5)  # type: ignore[union-attr]
    assert len(rows) == len(kinds)
