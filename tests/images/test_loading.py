"""Folders become three splits of pixels, labels and names."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images
from scallion.errors import ArgumentError, DataError, MissingFileError

Folder = Callable[..., Path]
TEN = {"cat": 20, "dog": 40}


def all_paths(found: images.ImageSet) -> set[str]:
    return {*found.train.paths, *found.validation.paths, *found.test.paths}


def test_a_folder_of_classes_is_cut_seventy_fifteen_fifteen_in_each_class(folder: Folder) -> None:
    found = images.load(folder(TEN))
    counts = [np.bincount(part.y).tolist() for part in (found.train, found.validation, found.test)]
    assert counts == [[14, 28], [3, 6], [3, 6]]
    assert found.class_names == ("cat", "dog")
    assert len(all_paths(found)) == 60


def test_pixels_are_those_of_the_files_and_labels_those_of_the_folders(folder: Folder) -> None:
    place = folder(TEN)
    found = images.load(place)
    for part in (found.train, found.validation, found.test):
        for pixels, label, path in zip(part.x, part.y, part.paths, strict=True):
            assert np.array_equal(pixels, np.asarray(Image.open(place / path)))
            assert found.class_names[label] == path.split("/")[0]


def test_the_splits_that_are_there_are_kept(folder: Folder) -> None:
    place = folder(
        {"train/a": 4, "train/b": 4, "valid/a": 1, "valid/b": 2, "test/a": 3, "test/b": 1}
    )
    found = images.load(place)
    assert (len(found.train), len(found.validation), len(found.test)) == (8, 3, 4)
    assert {path.split("/")[0] for path in found.test.paths} == {"test"}
    assert found.cut.kept == ("validation", "test")


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_a_test_split_is_cut_where_only_validation_is_there(folder: Folder, name: str) -> None:
    found = images.load(folder({"train/a": 17, "train/b": 17, f"{name}/a": 2, f"{name}/b": 2}))
    assert (len(found.train), len(found.validation), len(found.test)) == (28, 4, 6)
    assert found.cut.cut == ("test",)


def test_the_same_seed_cuts_the_same_and_another_does_not(folder: Folder) -> None:
    place = folder(TEN)
    one, again, other = (images.load(place, seed=seed) for seed in (1, 1, 2))
    assert one.cut.sha256 == again.cut.sha256 != other.cut.sha256
    assert one.test.paths == again.test.paths != other.test.paths


def test_a_new_file_moves_hardly_any_other(folder: Folder) -> None:
    place = folder(TEN)
    before = images.load(place)
    shutil.copy(place / "cat" / "0000.png", place / "cat" / "new.png")
    after = images.load(place)
    assert len(set(before.test.paths) - set(after.test.paths)) <= 1


def test_groups_stay_together(folder: Folder) -> None:
    place = folder({"a": 0, "b": 0})
    for kind in "ab":
        for film in range(8):
            for frame in range(5):
                pixels = np.full((4, 4), 5 * film + frame, np.uint8)
                Image.fromarray(pixels).save(place / kind / f"{kind}film{film}_{frame}.png")
    found = images.load(place, group=r"(.+)_\d+")
    films = [
        {path.rpartition("_")[0] for path in part.paths}
        for part in (found.train, found.validation, found.test)
    ]
    assert not films[0] & films[1]
    assert not films[0] & films[2]
    assert not films[1] & films[2]
    assert found.cut.groups == 16
    assert min(map(len, films)) >= 2


def test_grey_pictures_have_one_channel_unless_one_has_colours(folder: Folder) -> None:
    place = folder(TEN, grey=True)
    assert images.load(place).image_shape == (8, 8, 1)
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[..., 0] = 200
    Image.fromarray(colour).save(place / "dog" / "colour.png")
    assert images.load(place).image_shape == (8, 8, 3)
    assert images.load(place, channels=1).image_shape == (8, 8, 1)


def test_the_second_time_nothing_is_decoded(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TEN)
    first = images.load(place)
    monkeypatch.setattr(images.ResizeRule, "fitted", lambda *_: pytest.fail("decoded again"))
    second = images.load(place)
    assert np.array_equal(first.train.x, second.train.x)
    assert first.resize_rule == second.resize_rule


def test_a_file_that_changed_is_decoded_again(folder: Folder) -> None:
    place = folder(TEN)
    path = images.load(place).train.paths[0]
    Image.fromarray(np.full((8, 8, 3), 77, np.uint8)).save(place / path)
    assert (images.load(place).train.x[0] == 77).all()


def test_a_limit_keeps_each_class_and_the_whole_test_split(folder: Folder) -> None:
    found = images.load(folder(TEN), limit=17)
    assert np.bincount(found.train.y).tolist() == [5, 9]
    assert len(found.validation) == 3
    assert len(found.test) == 9


def test_damaged_files_are_left_out_and_named(folder: Folder) -> None:
    place = folder(TEN)
    (place / "cat" / "broken.jpg").write_bytes(b"no picture")
    found = images.load(place)
    assert len(all_paths(found)) == 60
    (note,) = found.notes()
    assert (note.code, note.severity) == ("unreadable", "warning")
    assert "'cat/broken.jpg': it is no picture" in note.sentence


def test_what_is_no_data_is_passed_over_and_counted(folder: Folder) -> None:
    place = folder(TEN)
    for name in (".DS_Store", "cat/Thumbs.db", "cat/.hidden.png", "readme.txt", "loose.png"):
        (place / name).write_bytes(b"")
    for name in ("__MACOSX", "runs"):
        (place / name).mkdir()
    (place / "cat" / "link.png").symlink_to(place / "cat" / "0000.png")
    (place / "bird").symlink_to(place / "cat")
    found = images.load(place)
    assert found.class_names == ("cat", "dog")
    assert len(all_paths(found)) == 60
    assert found.listing.skipped_files.counts == {
        "hidden": 2,
        "of the system": 1,
        "other files": 1,
        "pictures outside a class folder": 1,
        "folders that hold no data": 2,
        "links": 2,
    }


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "holds no pictures in class folders"),
        ({"cat": 0, "dog": 0}, "holds no pictures"),
        ({"cat": 9}, "there is only one class: 'cat'"),
        ({"cat": 9, "dog": 0}, "class folders without pictures: 'dog'"),
        ({"cat": 9, "dog": 2}, "too few pictures for three splits: 'dog'"),
        (
            {"train/a": 3, "train/b": 3, "val/a": 1},
            "the validation split has no pictures of 'b'",
        ),
        (
            {"train/a": 3, "train/b": 3, "test/a": 1, "test/b": 1, "test/c": 1},
            "the train split has no pictures of 'c'",
        ),
        (
            {"train/a": 3, "train/Bee": 3, "val/a": 1, "val/bee": 1},
            r"the train split has no pictures of 'bee' \(it has 'Bee'\)",
        ),
        ({"train/a": 1, "train/b": 1, "val/a": 1, "valid/a": 1}, "two folders are the validation"),
        ({"val/a": 1, "test/a": 1}, "there are no pictures to train on"),
    ],
)
def test_folders_that_make_no_data_set_are_refused(
    folder: Folder, tmp_path: Path, counts: dict[str, int], words: str
) -> None:
    (tmp_path / "pets").mkdir()
    with pytest.raises(DataError, match=words) as caught:
        images.load(folder(counts))
    assert caught.value.hint


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="nothere is not there"):
        images.load(tmp_path / "nothere")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": "0"}, "a size is a number of pixels"),
        ({"size": "64x64x3"}, "a size is a number of pixels"),
        ({"size": 100_000}, "a size is a number of pixels"),
        ({"fit": "squash"}, "unknown way to fit"),
        ({"channels": 2}, "1 channel"),
        ({"group": "("}, "no regular expression"),
        ({"splits": (0.5, 0.5)}, "three shares"),
        ({"seed": -1}, "a seed is"),
    ],
)
def test_arguments_that_cannot_work_are_refused(
    folder: Folder, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(ArgumentError, match=words) as caught:
        images.load(folder(TEN), **arguments)
    assert caught.value.hint
