"""Copies of images in one folder per class."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scallion.errors import ArgumentError, FileError
from scallion.runs.inspection.sorted_copies import SortedCopies, folder_names


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"first")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder).as_posix()): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_images_are_copied_into_class_folders(photo: Path, tmp_path: Path) -> None:
    copies = SortedCopies(tmp_path / "out", ["cat", "dog"])
    assert copies.add(photo, "dog") == tmp_path / "out" / "dog" / "a.png"
    assert contents(tmp_path / "out") == {"dog/a.png": b"first"}
    assert photo.exists()


def test_a_second_run_copies_nothing_twice(photo: Path, tmp_path: Path) -> None:
    for _ in range(2):
        SortedCopies(tmp_path / "out", ["cat"]).add(photo, "cat")
    assert contents(tmp_path / "out") == {"cat/a.png": b"first"}


def test_other_images_of_the_same_name_are_kept(photo: Path, tmp_path: Path) -> None:
    copies = SortedCopies(tmp_path / "out", ["cat"])
    copies.add(photo, "cat")
    photo.write_bytes(b"second")
    copies.add(photo, "cat")
    assert contents(tmp_path / "out") == {"cat/a-2.png": b"second", "cat/a.png": b"first"}


def test_a_vanished_image_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises((FileError, FileNotFoundError), match=r"gone\.png"):
        SortedCopies(tmp_path / "out", ["cat"]).add(tmp_path / "gone.png", "cat")
    assert contents(tmp_path / "out") == {}


def test_arrays_and_folders_within_the_inputs_are_refused(photo: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="only image files can be copied"):
        SortedCopies(tmp_path / "out", ["cat"], [tmp_path / "x.npy"])
    for folder in (photo.parent, photo.parent / "sorted"):
        with pytest.raises(ArgumentError, match="would be images of"):
            SortedCopies(folder, ["cat"], [photo.parent])


@given(st.lists(st.text(), max_size=6, unique=True))
def test_any_class_names_give_different_plain_folders(class_names: list[str]) -> None:
    names = folder_names(class_names)
    assert len({name.casefold() for name in names}) == len(class_names)
    for name in names:
        assert name not in ("", ".", "..")
        assert Path(name).name == name
        assert not set(name) & set('/\\:*?"<>|\0\n\u202e')
