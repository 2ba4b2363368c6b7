"""Loading of image folders for a run."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import datasets, images, runs
from scallion.errors import ArgumentError
from scallion.runs.training.splits import DataSplits, LabelledImages, RunData


@pytest.fixture
def clothes(tmp_path: Path) -> Path:
    """A folder of Fashion-MNIST: 30 images in each of its first four classes, as PNG files."""
    arrays = datasets.find("fashion-mnist").load()
    for label in range(4):
        place = tmp_path / "clothes" / f"{label}"
        place.mkdir(parents=True)
        for number in np.flatnonzero(arrays.y_train == label)[:30]:
            Image.fromarray(arrays.x_train[number, ..., 0]).save(place / f"{number:05}.png")
    return tmp_path / "clothes"


def test_a_folder_trains_like_its_arrays(clothes: Path, tmp_path: Path) -> None:
    arrays = datasets.find("fashion-mnist").load()
    settings = runs.Settings(str(clothes), epochs=2, batch_size=16, out=tmp_path / "runs")
    folder = runs.prepare(settings)
    loaded = images.load(clothes)
    parts = []
    for part in loaded.splits:
        rows = [int(Path(path).stem) for path in part.paths]
        assert np.array_equal(part.x, arrays.x_train[rows])
        parts.append(LabelledImages(arrays.x_train[rows], arrays.y_train[rows].astype(np.int64)))
    same = DataSplits(*parts, folder.splits.sha256)
    twin = runs.prepare(settings)
    twin = replace(twin, data=RunData(folder.name, folder.class_names, same, {}))
    for prepared in (folder, twin):
        runs.train(prepared)
    for one, other in zip(folder.model.get_weights(), twin.model.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_the_configuration_describes_the_images(clothes: Path, tmp_path: Path) -> None:
    settings = runs.Settings(str(clothes), size="20x16", fit="pad", out=tmp_path, augment="light")
    run = runs.create_run_folder(runs.prepare(settings))
    config = json.loads(run.config.read_text())
    assert images.ResizeRule.from_dict(config["preprocessing"]["resize_rule"]) == images.ResizeRule(
        20, 16, 1, "pad"
    )
    assert config["data"]["class_names"] == ["0", "1", "2", "3"]
    assert config["splits"]["created"] == ["validation", "test"]
    assert config["splits"]["sha256"] == images.load(clothes, size="20x16").split_summary.sha256
    assert config["augment"] == "light"


def test_the_model_file_has_the_resize_rule(clothes: Path, tmp_path: Path) -> None:
    prepared = runs.prepare(
        runs.Settings(
            str(clothes), "lesson", epochs=1, out=tmp_path / "runs", size="20x16", fit="pad"
        )
    )
    result = runs.train(prepared)
    alone = shutil.copy(result.run.model, tmp_path / "alone.keras")
    asked = runs.Classifier.load(alone)
    assert asked.resize_rule == images.ResizeRule(20, 16, 1, "pad")
    wide = tmp_path / "wide.png"
    Image.fromarray(np.arange(3200, dtype=np.uint8).reshape(40, 80)).save(wide)
    assert np.array_equal(asked.prepare([wide])[0], asked.resize_rule.apply(wide))


def test_size_is_refused_for_arrays() -> None:
    with pytest.raises(ArgumentError, match="are for image folders"):
        runs.prepare(runs.Settings("mnist", size="20"))


def test_sample_weights_reach_the_training(clothes: Path, tmp_path: Path) -> None:
    for path in sorted((clothes / "3").iterdir())[10:]:
        path.unlink()
    settings = runs.Settings(str(clothes), epochs=1, out=tmp_path / "runs")
    plain, even = (runs.prepare(replace(settings, balance=wanted)) for wanted in (False, True))
    for prepared in (plain, even):
        runs.train(prepared)
    assert not np.array_equal(plain.model.get_weights()[-2], even.model.get_weights()[-2])
