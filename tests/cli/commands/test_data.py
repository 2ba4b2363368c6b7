"""`scallion data` as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import Command


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    """Two classes of 40 images, no two of them equal."""
    for number in range(80):
        random = np.random.default_rng(number)
        small = Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8))
        place = tmp_path / "plants" / ("leaf", "petal")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        small.resize((32, 32), Image.Resampling.BICUBIC).save(place / f"{number:02}.png")
    return tmp_path / "plants"


def test_a_healthy_folder_ends_with_zero(run: Command, plants: Path) -> None:
    output = run("data", "check", plants)
    assert output.code == 0
    assert "Nothing suspicious was found." in output.out
    assert output.err == ""


def test_findings_end_with_one_and_are_json_on_demand(run: Command, plants: Path) -> None:
    (plants / "leaf" / "00.png").write_bytes(b"broken")
    assert run("data", "check", plants).code == 1
    output = run("data", "check", plants, "--json", "--out", "suspicious.png")
    assert output.code == 1
    report = json.loads(output.out)
    assert [finding["code"] for finding in report["findings"]] == ["unreadable"]
    assert report["class_names"] == ["leaf", "petal"]
    assert report["sheet"] is None


def test_what_cannot_be_used_ends_with_two(run: Command, tmp_path: Path) -> None:
    output = run("data", "check", "nothere")
    assert output.code == 2
    assert "nothere does not exist\nhint: " in output.err


def test_show_writes_a_sheet(run: Command, plants: Path) -> None:
    output = run("data", "show", plants, "--augment", "strong")
    assert output.out == "The contact sheet is in plants-sheet.png.\n"
    with Image.open("plants-sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_what_is_shown_is_what_the_model_trains_on(run: Command, plants: Path) -> None:
    assert run("data", "show", plants, "--out", "quick.png").code == 0
    assert run("data", "show", plants, "--model", "lesson", "--out", "lesson.png").code == 0
    with Image.open("quick.png") as quick, Image.open("lesson.png") as lesson:
        assert quick.width > lesson.width  # the lesson's networks change nothing


def test_an_unknown_augmentation_is_answered_with_the_nearest(run: Command, plants: Path) -> None:
    output = run("data", "show", plants, "--augment", "strang")
    assert output.code == 2
    assert "did you mean 'strong'?" in output.err


def test_the_named_sets_are_listed_with_their_licences(run: Command) -> None:
    out = run("data", "list").out
    assert "licence: MIT; 31 MB, in the package" in out
    listed = json.loads(run("data", "list", "--json").out)
    assert [known["name"] for known in listed] == ["fashion-mnist", "mnist", "cifar10", "cifar100"]


def test_a_named_set_is_fetched_and_described(run: Command) -> None:
    out = run("data", "get", "fashion_mnist").out
    assert "next     scallion train fashion-mnist" in out
    assert json.loads(run("data", "get", "mnist", "--json").out)["licence"] == "CC-BY-SA-3.0"


def test_a_folder_is_trained_on(run: Command, plants: Path) -> None:
    output = run("train", plants, "--size", "16", "--epochs", 1, "--augment", "light")
    assert output.code == 0
    assert "images resized to 16x16 RGB, cropped to the centre" in output.err
    assert "mirrored left and right" in output.err
