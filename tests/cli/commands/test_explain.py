"""`scallion explain`: figures that explain a prediction."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from commands import Command, refused


def test_an_explanation_is_drawn(beside_runs: Command, saved_runs: Path) -> None:
    asked = ("explain", "runs/stripes-1", "photos/first.png", "--out", "explained")
    output = beside_runs(*asked)
    assert output.code == 0
    assert list((saved_runs / "explained").glob("*.png"))
    found = json.loads(beside_runs(*asked, "--engine", "reference", "--json").out)
    assert found["images"][0]["figures"]


def write_arrays(folder: Path) -> None:
    """Write images as arrays, and files that are none."""
    images = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 1), np.uint8)
    np.save(folder / "three.npy", images)
    np.save(folder / "one.npy", images[0])
    np.save(folder / "unit.npy", images / 255)
    np.savez(folder / "three.npz", x=images, y=np.arange(3))
    (folder / "mixed").mkdir(exist_ok=True)
    (folder / "mixed" / "broken.png").write_bytes(b"no image")
    shutil.copy(folder / "photos" / "first.png", folder / "mixed")


@pytest.mark.parametrize(
    "given",
    [["three.npy"], ["one.npy"], ["three.npz"], ["unit.npy"], ["photos"], ["mixed"], ["absent"],
     ["photos/first.png", "three.npy"], ["mixed/broken.png"]],
    ids=" ".join,
)  # fmt: skip
def test_what_is_predicted_is_explained(
    given: list[str], beside_runs: Command, saved_runs: Path
) -> None:
    write_arrays(saved_runs)
    predicted = beside_runs("predict", "runs/stripes-1", *given, "--json")
    asked = ("explain", "runs/stripes-1", *given, "--out", "all")
    explained = beside_runs(*asked, "--json")
    assert (predicted.code, predicted.err) == (explained.code, explained.err)
    if predicted.code == 2:
        return
    rows, others = (json.loads(one.out) for one in (predicted, explained))
    assert others["unreadable"] == rows["unreadable"]
    for ours, theirs in zip(others["images"], rows["images"], strict=True):
        assert [ours[key] for key in ("image", "class", "probability")] == [
            theirs["image"], theirs["class"], pytest.approx(theirs["probability"], rel=1e-5)
        ]  # fmt: skip
    figures = [name for one in others["images"] for name in one["figures"]]
    assert len(set(figures)) == len(figures) == 2 * len(others["images"]) + 1
    assert all((saved_runs / name).is_file() for name in figures)


def test_the_first_images_are_explained(beside_runs: Command, saved_runs: Path) -> None:
    write_arrays(saved_runs)
    output = beside_runs("explain", "runs/stripes-1", "three.npy", "--limit", "2")
    assert output.code == 0
    assert "three.npy[1]" in output.out
    assert "three.npy[2]" not in output.out
    assert "For more: --limit " in output.out


def test_a_model_file_explains_as_its_run_does(beside_runs: Command) -> None:
    for path in ("runs/stripes-1", "runs/stripes-1/model.keras"):
        output = beside_runs("explain", path, "photos/first.png", "--out", "both")
        assert output.code == 0


def test_a_model_file_where_a_run_is_needed_names_the_run(beside_runs: Command) -> None:
    output = beside_runs("diagnose", "runs/stripes-1/model.keras")
    refused(output, "is not a run folder", "name the folder it is in: runs/stripes-1")


def test_an_unknown_layer_suggests_the_nearest(beside_runs: Command) -> None:
    output = beside_runs("explain", "runs/stripes-1", "photos/first.png", "--layer", "conv2")
    refused(output, "there is no such layer", "did you mean 'conv2d'?")
