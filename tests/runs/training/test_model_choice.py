"""`--model auto`: the pretrained network for few colour photographs, else `quick`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scallion.runs import Settings, prepare


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path / "cache"))


def noise(count: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random images of two classes."""
    x = np.random.default_rng(0).integers(0, 256, (count, *shape)).astype(np.uint8)
    return x, np.arange(count) % 2


def folder_of(root: Path, *shape: int, count: int = 44) -> str:
    for number, (image, label) in enumerate(zip(*noise(count, *shape), strict=True)):
        home = root / "photos" / f"class{label}"
        home.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(home / f"{number}.png")
    return str(root / "photos")


@pytest.mark.parametrize(
    ("shape", "count", "options", "chosen", "reason"),
    [
        ((32, 32, 3), 40, {}, "pretrained", "16 training images per class in colour"),
        ((32, 32, 1), 40, {}, "quick", "the images are grey"),
        ((31, 40, 3), 40, {}, "quick", "fewer than 32 pixels"),
        ((32, 32, 3), 600, {}, "quick", "are more than 200"),
        ((32, 32, 3), 40, {"overrides": {"filters": 4}}, "quick", "--set changes its layers"),
        ((32, 32, 3), 40, {"engine": "reference"}, "quick", "the reference engine is slow"),
    ],
    ids=["photographs", "grey", "small", "many", "layers-changed", "reference-engine"],
)
def test_the_model_follows_the_images(
    shape: tuple[int, ...], count: int, options: dict[str, Any], chosen: str, reason: str
) -> None:
    prepared = prepare(Settings(noise(count, *shape), model="auto", **options))
    assert prepared.architecture.name == chosen
    assert prepared.model_reason is not None
    assert reason in prepared.model_reason
    other = "quick" if chosen == "pretrained" else "pretrained"
    assert prepared.model_reason.endswith(f"scallion train DATA --model {other}")


def test_folders_are_judged_by_their_headers(tmp_path: Path) -> None:
    prepared = prepare(Settings(folder_of(tmp_path, 40, 40, 3), model="auto"))
    assert (prepared.architecture.name, prepared.image_shape) == ("pretrained", (224, 224, 3))
    assert "15 training images per class" in (prepared.model_reason or "")


def test_grey_folders_train_quick(tmp_path: Path) -> None:
    prepared = prepare(Settings(folder_of(tmp_path, 40, 40), model="auto"))
    assert (prepared.architecture.name, prepared.image_shape) == ("quick", (40, 40, 1))


def test_named_data_sets_keep_quick() -> None:
    prepared = prepare(Settings("mnist", model="auto", limit=200))
    assert (prepared.architecture.name, prepared.model_reason) == ("quick", None)


def test_a_run_stores_the_model_that_was_chosen(tmp_path: Path) -> None:
    prepared = prepare(Settings(folder_of(tmp_path, 40, 40, 3), model="auto", size=32))
    assert prepared.resolved_settings().model == "pretrained"
    assert prepared.config()["model"]["name"] == "pretrained"


def test_commands_of_own_images_name_the_model(tmp_path: Path) -> None:
    path = folder_of(tmp_path, 8, 8, 3)
    assert Settings(path).as_command() == f"scallion train {path} --model quick"
    assert Settings(path, model="auto").as_command() == f"scallion train {path}"
    assert Settings("mnist").as_command() == "scallion train mnist"
