"""The checks of a data set: planted faults are found, and a healthy folder has none."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images
from scallion.findings import Finding
from scallion.images.checks import dataset_checks
from smooth_images import smooth_image

Folder = Callable[..., Path]


def found(place: Path, **options: object) -> dict[str, Finding]:
    findings = images.check(images.load(place, **options))
    return {finding.code: finding for finding in findings}


def test_a_healthy_folder_has_no_findings(healthy: Path) -> None:
    assert found(healthy) == {}


def test_exact_copies_across_splits_are_errors(healthy: Path) -> None:
    shutil.copy(healthy / "train/cat/03.png", healthy / "test/cat/again.png")
    Image.open(healthy / "train/dog/04.png").save(healthy / "val/dog/other.webp", lossless=True)
    finding = found(healthy)["duplicates-across-splits"]
    assert finding.severity == "error"
    assert finding.evidence["pairs"] == [
        ["train/dog/04.png", "val/dog/other.webp"],
        ["train/cat/03.png", "test/cat/again.png"],
    ]
    assert "2 images held out for validation or test are the same as one" in finding.sentence


def test_near_duplicates_and_mirrored_images_are_found(healthy: Path) -> None:
    image = Image.open(healthy / "train/cat/05.png")
    image.save(healthy / "test/cat/jpeg.jpg", quality=60)
    image.resize((21, 21)).resize((32, 32)).save(healthy / "test/cat/resized.png")
    mirror = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mirror.save(healthy / "test/cat/mirrored.png")
    findings = found(healthy)
    near = findings["near-duplicates-across-splits"].evidence["pairs"]
    assert sorted(pair[1] for pair in near) == ["test/cat/jpeg.jpg", "test/cat/resized.png"]
    assert ["train/cat/05.png", "test/cat/mirrored.png"] in (
        findings["mirrored-duplicates-across-splits"].evidence["pairs"]
    )
    assert "duplicates-across-splits" not in findings


def test_one_image_with_two_labels_is_an_error(healthy: Path) -> None:
    shutil.copy(healthy / "train/cat/03.png", healthy / "train/dog/cat.png")
    finding = found(healthy)["duplicates-with-two-labels"]
    assert "'train/cat/03.png' (cat) and 'train/dog/cat.png' (dog)" in finding.sentence


def test_class_imbalance_is_named_with_its_baseline(healthy: Path) -> None:
    for number in range(12, 25):
        (healthy / f"test/dog/{number:02}.png").unlink()
        (healthy / f"train/dog/{number:02}.png").unlink()
    for number in range(5, 12):
        (healthy / f"train/dog/{number:02}.png").unlink()
    findings = found(healthy)
    # 25 cats and 12 dogs to test on: 25 / 37 is 68 %.
    assert "'cat' would be correct for 68 % of the test split" in findings["imbalance"].sentence
    assert findings["few-images"].evidence["classes"] == {"dog": 5}


def test_outliers_are_named(healthy: Path) -> None:
    Image.new("RGB", (32, 32), (9, 9, 9)).save(healthy / "train/cat/black.png")
    smooth_image(9001).save(healthy / "train/cat/wrong.jpg", "PNG")
    smooth_image(9002).resize((400, 20)).save(healthy / "train/dog/wide.png")
    smooth_image(9003).convert("L").save(healthy / "train/dog/grey.png")
    (healthy / "train/dog/truncated.png").write_bytes(
        (healthy / "train/dog/00.png").read_bytes()[:200]
    )
    findings = found(healthy, size=32)
    assert findings["constant"].evidence["files"] == ["train/cat/black.png"]
    assert findings["wrong-suffix"].evidence["files"] == ["train/cat/wrong.jpg"]
    assert findings["unusual-size"].evidence["files"] == ["train/dog/wide.png"]
    assert findings["unusual-grey"].evidence["files"] == ["train/dog/grey.png"]
    assert list(findings["unreadable"].evidence["files"]) == ["train/dog/truncated.png"]


@pytest.mark.parametrize("what", ["size", "format", "brightness", "border"])
def test_shortcuts_are_named(healthy: Path, what: str) -> None:
    for path in healthy.glob("*/dog/*.png"):
        image = Image.open(path).convert("RGB")
        path.unlink()
        if what == "size":
            image.resize((40, 40)).save(path)
        elif what == "format":
            image.save(path.with_suffix(".bmp"))
        elif what == "brightness":
            image.point(lambda value: value // 4).save(path)
        else:
            framed = Image.new("RGB", (32, 32), "black")
            framed.paste(image.resize((28, 28)).point(lambda value: min(255, value + 60)), (2, 2))
            framed.save(path)
    finding = found(healthy, size=32)[f"shortcut-{what}"]
    assert f"'dog' can be recognised by {what} alone" in finding.sentence or what != "border"


def test_findings_are_stored_with_the_images(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(healthy / "train/cat/03.png", healthy / "test/cat/again.png")
    first = images.check(images.load(healthy))
    assert first

    def refuse(*_: object) -> None:
        raise AssertionError("the checks ran again")

    monkeypatch.setattr(dataset_checks, "_run_checks", refuse)
    assert images.check(images.load(healthy)) == first
    shutil.copy(healthy / "train/cat/03.png", healthy / "test/cat/once-more.png")
    with pytest.raises(AssertionError, match="ran again"):
        images.check(images.load(healthy))


def test_images_are_never_changed(healthy: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in healthy.rglob("*.png")}
    found(healthy)
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in healthy.rglob("*")
             if path.is_file()}  # fmt: skip
    assert after == before


def test_a_class_without_training_images_is_an_error(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 8, 8, 1), np.uint8)
    labels = np.arange(60) % 3
    np.savez(
        tmp_path / "mine.npz",
        x_train=pixels[:60], y_train=labels, x_val=pixels[60:], y_val=np.arange(30) % 5,
    )  # fmt: skip
    findings = found(tmp_path / "mine.npz")
    assert findings["never-trained"].severity == "error"
    assert "shows '3', '4', and 12 validation or test images do" in (
        findings["never-trained"].sentence
    ).replace(" and '4'", ", '4'")
    assert "imbalance" not in findings
