"""The runs of a folder: found by id, read again when they change, and never outside the folder."""

import os
from pathlib import Path

import pytest

from scallion.errors import MissingFileError
from scallion.workbench.run_index import RunIndex


def add_run(home: Path, name: str, config: str = "{}") -> Path:
    """Make a run folder that cannot be read: it has a config.json of nothing."""
    (home / name).mkdir(parents=True)
    (home / name / "config.json").write_text(config)
    return home / name


def test_a_folder_without_runs_is_empty(tmp_path: Path) -> None:
    index = RunIndex(tmp_path / "runs")
    assert index.summaries() == []
    with pytest.raises(MissingFileError, match="there is no run 'mnist-1'"):
        index.find("mnist-1")


def test_damaged_runs_are_listed_with_the_reason(tmp_path: Path) -> None:
    add_run(tmp_path, "one run (2)")
    (row,) = RunIndex(tmp_path).summaries()
    assert (row["id"], row["status"]) == ("one run (2)", "unreadable")
    assert "config.json" in row["problem"]


@pytest.mark.parametrize(
    "name",
    ["../outside-1", "..", ".", "", "link-1", ".hidden-1", "no-config", "file", "run-1/", "/"],
)
def test_only_names_of_the_listing_are_found(tmp_path: Path, name: str) -> None:
    home = tmp_path / "runs"
    add_run(home, "run-1")
    add_run(home, ".hidden-1")
    (home / "no-config").mkdir()
    (home / "file").touch()
    (home / "link-1").symlink_to(add_run(tmp_path, "outside-1"))
    index = RunIndex(home)
    assert [row["id"] for row in index.summaries()] == ["run-1"]
    with pytest.raises(MissingFileError):
        index.find(name)


def test_changed_files_are_read_again(tmp_path: Path) -> None:
    folder = add_run(tmp_path, "run-1")
    index = RunIndex(tmp_path)
    first = index.summaries()[0]["problem"]
    assert index.summaries()[0]["problem"] == first
    (folder / "config.json").write_text("[]")
    os.utime(folder / "config.json", ns=(1, 1))
    assert index.summaries()[0]["problem"] != first
    (folder / "notes.txt").write_bytes(b"\xffgood")
    assert index.summaries()[0]["notes"] == "\N{REPLACEMENT CHARACTER}good"


def test_a_folder_that_vanished_is_an_error(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    index = RunIndex(root / "runs")
    assert index.summaries() == []
    root.rmdir()
    with pytest.raises(MissingFileError, match="has vanished"):
        index.summaries()
