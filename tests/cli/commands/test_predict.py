"""`scallion predict`: classification of images."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from commands import Command, refused
from scallion.errors import FileError
from scallion.images.reading import formats
from scallion.installation import package_command
from scallion.runs import Classifier
from scallion.runs.inspection import predict_inputs


def test_predictions_are_one_line_per_image(beside_runs: Command) -> None:
    output = beside_runs("predict", "runs/stripes-1", "photos")
    assert output.code == 0
    assert "first.png" in output.out
    assert "second.png" in output.out


def test_predictions_as_csv_and_json_agree(beside_runs: Command) -> None:
    asked = ("predict", "runs/stripes-1/model.keras", "photos", "images.npy", "--top", 2)
    rows = list(csv.DictReader(io.StringIO(beside_runs(*asked, "--csv").out)))
    found = json.loads(beside_runs(*asked, "--json").out)["images"]
    assert [row["image"] for row in rows] == [one["image"] for one in found]
    assert sorted(row["image"] for row in rows) == [
        *(f"images.npy[{number}]" for number in range(5)),
        "photos/first.png",
        "photos/more/second.png",
    ]
    assert [row["class_2"] for row in rows] == [one["top"][1]["name"] for one in found]
    assert [float(row["probability"]) for row in rows] == [one["probability"] for one in found]


def test_predictions_of_both_engines_agree(beside_runs: Command) -> None:
    found = [
        json.loads(
            beside_runs("predict", "runs/stripes-1", "photos", "--engine", name, "--json").out
        )
        for name in ("auto", "reference")
    ]
    probabilities = [[one["probability"] for one in each["images"]] for each in found]
    assert probabilities[0] == pytest.approx(probabilities[1], abs=1e-5)


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two images of one name in two folders, three bad files and a HEIC photo."""
    monkeypatch.setattr(formats, "can_read_heif", lambda: False)
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
        Image.new("L", (8, 8), 90).save(tmp_path / name / "same.png")
    for number in range(3):
        (tmp_path / "left" / f"bad{number}.png").write_bytes(b"no image")
    (tmp_path / "right" / "IMG_1.HEIC").write_bytes(b"")
    return tmp_path


def test_unreadable_files_are_named_and_the_others_classified(
    beside_runs: Command, mixed: Path
) -> None:
    output = beside_runs("predict", "runs/stripes-1", mixed, "--json")
    assert output.code == 1
    found = json.loads(output.out)
    assert [Path(one["image"]).name for one in found["images"]] == ["same.png"] * 2
    named = {Path(one["image"]).name: one["reason"] for one in found["unreadable"]}
    assert sorted(named) == ["IMG_1.HEIC", "bad0.png", "bad1.png", "bad2.png"]
    assert "-m pip install pillow-heif" in named["IMG_1.HEIC"]
    assert "4 files cannot be read" in output.err
    assert all(name in output.err for name in named)


def test_files_of_one_name_are_told_apart(beside_runs: Command, mixed: Path) -> None:
    output = beside_runs("predict", "runs/stripes-1", mixed)
    assert "left/same.png" in output.out
    assert "right/same.png" in output.out


def test_a_folder_without_any_readable_image_is_an_error(beside_runs: Command, mixed: Path) -> None:
    for image in mixed.rglob("same.png"):
        image.unlink()
    output = beside_runs("predict", "runs/stripes-1", mixed)
    refused(output, "none of the images can be read", "open them in an image viewer")
    assert all(f"bad{number}.png" in output.err for number in range(3))
    for image in mixed.rglob("bad?.png"):
        image.unlink()
    output = beside_runs("predict", "runs/stripes-1", mixed)
    refused(output, "it has 1 HEIC", package_command("pillow-heif"))


@pytest.mark.parametrize("key", ["x", "X_test", "test_images", "anything"])
def test_arrays_are_found_by_name(beside_runs: Command, tmp_path: Path, key: str) -> None:
    images = np.load("images.npy")
    np.savez(tmp_path / "own.npz", **{key: images})
    output = beside_runs("predict", "runs/stripes-1", tmp_path / "own.npz", "--csv")
    beside = beside_runs("predict", "runs/stripes-1", "images.npy", "--csv")
    assert [row[1:] for row in csv.reader(io.StringIO(output.out))] == [
        row[1:] for row in csv.reader(io.StringIO(beside.out))
    ]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((5, 3, 32, 32), np.uint8), "does not hold images for this model"),
        (np.zeros((0, 8, 8), np.uint8), "does not hold images"),
        (np.float32(3), "a single value"),
        (np.zeros(9), "does not hold images"),
        (np.array(["a"]), "does not hold images"),
        (np.zeros((5, 8, 8), complex), "Received: complex128 (5, 8, 8)"),
        (np.array([{}], object), "contains Python objects"),
        (np.full((5, 8, 8, 1), np.inf, np.float32), "inf"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_arrays_that_are_no_images_are_refused(
    beside_runs: Command, tmp_path: Path, array: np.ndarray, message: str, suffix: str
) -> None:
    path = tmp_path / f"own.{suffix}"
    if suffix == "npy":
        np.save(path, array, allow_pickle=True)
    else:
        np.savez(path, x=array)
    output = beside_runs("predict", "runs/stripes-1", path)
    refused(output, message, "")
    assert "bug in Scallion" not in output.err


def test_a_damaged_array_file_is_refused(beside_runs: Command, tmp_path: Path) -> None:
    for name, content in (("a.npz", b"PK"), ("b.npy", b"\x93NUMPY\1\0"), ("c.npz", b"")):
        (tmp_path / name).write_bytes(content)
        refused(beside_runs("predict", "runs/stripes-1", tmp_path / name), "is damaged", "")


def test_images_are_copied_into_class_folders(beside_runs: Command, tmp_path: Path) -> None:
    folder = tmp_path / "sorted"
    asked = ("predict", "runs/stripes-1", "photos", "--copy-to", folder, "--json")
    found = json.loads(beside_runs(*asked).out)["images"]
    for one in found:
        copy = folder / one["class"] / Path(one["image"]).name
        assert copy.read_bytes() == Path(one["image"]).read_bytes()
    assert len([path for path in folder.rglob("*") if path.is_file()]) == len(found) == 2


def test_csv_lines_come_while_images_are_read(
    beside_runs: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch fails, and the first has its line all the same."""
    monkeypatch.setattr(predict_inputs, "BATCH", 1)
    classify = Classifier.classify_prepared
    calls: list[int] = []

    def fails_later(self: Classifier, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise FileError("the disk has gone")
        return classify(self, *arguments)

    monkeypatch.setattr(Classifier, "classify_prepared", fails_later)
    output = beside_runs("predict", "runs/stripes-1", "photos", "--csv")
    assert output.code == 2
    assert [line.partition(",")[0] for line in output.out.splitlines()] == [
        "image",
        "photos/first.png",
    ]


def test_arrays_cannot_be_copied(beside_runs: Command, tmp_path: Path) -> None:
    asked = ("predict", "runs/stripes-1", "images.npy", "--copy-to", tmp_path / "sorted")
    refused(beside_runs(*asked), "only image files can be copied", "leave out --copy-to")
