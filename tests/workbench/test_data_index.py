"""The data below a folder: image folders in any layout, arrays, and no links elsewhere."""

from pathlib import Path

import pytest

from scallion.errors import MissingFileError
from scallion.workbench.data_index import DataIndex


def add_images(folder: Path, count: int) -> None:
    """Make empty files with names of images: nothing here reads them."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.png").touch()
    (folder / "notes.txt").touch()


def own(root: Path) -> list[dict[str, object]]:
    """Return the folder's own data."""
    entries = DataIndex(root, root / "runs").entries()
    return [entry.as_dict() for entry in entries if entry.kind != "set"]


def test_class_folders_are_found_with_counts(tmp_path: Path) -> None:
    add_images(tmp_path / "photos" / "cat", 3)
    add_images(tmp_path / "photos" / "dog", 2)
    add_images(tmp_path / "photos" / "empty", 0)
    (found,) = own(tmp_path)
    assert (found["images"], found["classes"]) == (5, [["cat", 3], ["dog", 2]])
    assert found["title"] == "photos: 2 classes in folders"


def test_split_folders_are_one_data_set(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            add_images(tmp_path / split / name, 2)
    (found,) = own(tmp_path)
    assert (found["images"], found["classes"]) == (8, [["cat", 4], ["dog", 4]])
    assert found["title"] == f"{tmp_path.name}: 2 classes in folders"


def test_runs_hidden_folders_and_links_are_not_data(tmp_path: Path) -> None:
    for name in ("runs/figures", ".trash", "outside/set"):
        add_images(tmp_path / "root" / name / "a", 1)
        add_images(tmp_path / "root" / name / "b", 1)
    (tmp_path / "root" / "outside").rename(tmp_path / "outside")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    assert own(tmp_path / "root") == []


def test_one_class_is_no_data_set(tmp_path: Path) -> None:
    add_images(tmp_path / "photos" / "cat", 3)
    assert own(tmp_path) == []


def test_ids_stay_and_are_looked_up(tmp_path: Path) -> None:
    (tmp_path / "cells.npz").touch()
    index = DataIndex(tmp_path, tmp_path / "runs")
    entry = index.entries()[0]
    assert DataIndex(tmp_path, tmp_path).find(entry.id) == entry
    (tmp_path / "cells.npz").unlink()
    with pytest.raises(MissingFileError, match="there are no data"):
        index.find(entry.id)
