"""Splits: stratified, by group, reproducible."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images

Folder = Callable[..., Path]
TEN = {"cat": 20, "dog": 40}


def test_each_class_is_split_seventy_fifteen_fifteen(folder: Folder) -> None:
    found = images.load(folder(TEN))
    counts = [
        np.bincount(split.y).tolist() for split in (found.train, found.validation, found.test)
    ]
    assert counts == [[14, 28], [3, 6], [3, 6]]
    assert found.class_names == ("cat", "dog")
    assert len({path for split in found.splits for path in split.paths}) == 60


def test_existing_splits_are_kept(folder: Folder) -> None:
    place = folder(
        {"train/a": 4, "train/b": 4, "valid/a": 1, "valid/b": 2, "test/a": 3, "test/b": 1}
    )
    found = images.load(place)
    assert (len(found.train), len(found.validation), len(found.test)) == (8, 3, 4)
    assert {path.split("/")[0] for path in found.test.paths} == {"test"}
    assert found.split_summary.existing == ("validation", "test")


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_a_missing_test_split_is_created(folder: Folder, name: str) -> None:
    found = images.load(folder({"train/a": 17, "train/b": 17, f"{name}/a": 2, f"{name}/b": 2}))
    assert (len(found.train), len(found.validation), len(found.test)) == (28, 4, 6)
    assert found.split_summary.created == ("test",)


def test_the_seed_determines_the_split(folder: Folder) -> None:
    place = folder(TEN)
    one, again, other = (images.load(place, seed=seed) for seed in (1, 1, 2))
    assert one.split_summary.sha256 == again.split_summary.sha256 != other.split_summary.sha256
    assert one.test.paths == again.test.paths != other.test.paths


def test_a_new_file_hardly_changes_the_split(folder: Folder) -> None:
    place = folder(TEN)
    before = images.load(place)
    shutil.copy(place / "cat" / "0000.png", place / "cat" / "new.png")
    after = images.load(place)
    assert len(set(before.test.paths) - set(after.test.paths)) <= 1


def test_groups_stay_in_one_split(folder: Folder) -> None:
    place = folder({"a": 0, "b": 0})
    for kind in "ab":
        for film in range(8):
            for frame in range(5):
                pixels = np.full((4, 4), 5 * film + frame, np.uint8)
                Image.fromarray(pixels).save(place / kind / f"{kind}film{film}_{frame}.png")
    found = images.load(place, group=r"(.+)_\d+")
    films = [
        {path.rpartition("_")[0] for path in split.paths}
        for split in (found.train, found.validation, found.test)
    ]
    assert not films[0] & films[1]
    assert not films[0] & films[2]
    assert not films[1] & films[2]
    assert found.split_summary.groups == 16
    assert min(map(len, films)) >= 2


def test_a_limit_keeps_classes_and_the_test_split(folder: Folder) -> None:
    found = images.load(folder(TEN), limit=17)
    assert np.bincount(found.train.y).tolist() == [5, 9]
    assert len(found.validation) == 3
    assert len(found.test) == 9
