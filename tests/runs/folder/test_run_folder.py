"""Run folders: their names and their files."""

import csv
import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scallion.errors import (
    FileError,
    FileVersionError,
    MissingFileError,
)
from scallion.history_file import format_history
from scallion.runs import (
    RunFolder,
)
from scallion.runs.folder.run_folder import safe_name


def create(home: Path) -> RunFolder:
    return RunFolder.create(home, "mnist", {"config.json": {}})


def test_names_count_up(tmp_path: Path) -> None:
    names = [create(tmp_path / "runs").path.name for _ in range(3)]
    assert names == ["mnist-1", "mnist-2", "mnist-3"]


def test_numbers_of_removed_runs_stay_unused(tmp_path: Path) -> None:
    for _ in range(11):
        run = create(tmp_path)
    shutil.rmtree(tmp_path / "mnist-3")
    assert run.path.name == "mnist-11"
    assert create(tmp_path).path.name == "mnist-12"


def test_other_names_do_not_count(tmp_path: Path) -> None:
    for name in ("mnist-x", "mnist-07", "fashion-mnist-5", "mnist-2-7"):
        (tmp_path / name).mkdir()
    assert create(tmp_path).path.name == "mnist-1"


def test_concurrent_runs_get_different_folders(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create(tmp_path), range(64)))
    assert len({run.path for run in runs}) == 64


@pytest.mark.parametrize(
    ("name", "expected"),
    [("../../etc", "etc"), ("a b/c", "a-b-c"), (".", "run"), ("Zellen-äöü", "Zellen-äöü")],
)
def test_names_are_safe_on_every_platform(name: str, expected: str) -> None:
    assert safe_name(name) == expected


def test_a_file_in_the_way_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(FileError, match="is a file, not a folder") as caught:
        create(tmp_path / "runs")
    assert caught.value.hint == "rename that file, or choose another folder"


def test_missing_permission_is_refused_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(FileError, match="you have no permission") as caught:
        create(tmp_path)
    assert caught.value.hint == "choose a folder of your own, or ask its owner"


def test_the_history_is_csv_with_keras_names(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_history(
        [
            {"epoch": 1, "accuracy": 0.5, "loss": 1.1, "val_accuracy": 0.25, "val_loss": 1.25},
            {"epoch": 2, "accuracy": 0.1 + 0.2, "loss": 1.0, "val_accuracy": 0.5, "val_loss": 1},
        ]
    )
    assert run.history.read_bytes() == (
        b"epoch,loss,accuracy,val_loss,val_accuracy\n"
        b"1,1.1,0.5,1.25,0.25\n"
        b"2,1.0,0.30000000000000004,1,0.5\n"
    )
    with run.history.open(newline="") as file:
        assert list(csv.DictReader(file))[1]["epoch"] == "2"


def test_a_folder_gets_its_name_after_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.rename
    seen: list[list[str]] = []

    def rename(self: Path, target: Path) -> Path:
        seen.append([path.name for path in self.iterdir()])
        return really(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    run = create(tmp_path)
    assert seen == [["config.json"]]
    assert [path.name for path in tmp_path.iterdir()] == [run.path.name]


def test_a_full_disk_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fill_up)
    with pytest.raises(FileError, match="the disk is full"):
        create(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_history_is_read_back_exactly(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    losses = [0.1 + 0.2, 1e-300, float("inf")]
    others = {"accuracy": 0.5, "val_loss": 1.5, "val_accuracy": 0.25}
    run.write_history([{"epoch": n, "loss": loss, **others} for n, loss in enumerate(losses, 1)])
    found = run.read_history()
    assert (found["epoch"], found["loss"]) == ([1, 2, 3], losses)
    assert found["val_accuracy"] == [0.25] * 3


def test_a_later_column_is_nan_before() -> None:
    assert (
        format_history([{"loss": 1.0}, {"loss": 0.5, "rate": 2.0}])
        == "loss,rate\n1.0,nan\n0.5,2.0\n"
    )


@pytest.mark.parametrize("text", ["loss\nx\n", "loss,accuracy\n1.0\n", 'loss\n"1.0\n'])
def test_a_damaged_history_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(FileError, match=r"history\.csv is damaged"):
        RunFolder(tmp_path).read_history()


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"is not a run folder: it has no config\.json"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("name", ["config", "environment", "evaluation"])
@pytest.mark.parametrize("version", [2, None, True])
def test_files_of_another_version_are_refused_by_name(
    tmp_path: Path, name: str, version: object
) -> None:
    content = {} if version is None else {"format_version": version}
    run = RunFolder.create(tmp_path, "mnist", {f"{name}.json": content})
    with pytest.raises(FileVersionError, match=rf"{name}\.json has .*format version") as caught:
        getattr(run, f"read_{name}")()
    assert "use the Scallion that trained this run" in caught.value.hint


def test_missing_files_are_empty_except_the_configuration(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert (run.read_environment(), run.read_evaluation()) == ({}, {})
    with pytest.raises(MissingFileError):
        run.read_config()


@pytest.mark.parametrize("epochs", [["nan", "2"], ["1", "3"], ["0", "1"], ["1", "1"]])
def test_a_history_whose_epochs_do_not_count_is_damaged(tmp_path: Path, epochs: list) -> None:
    rows = "".join(f"{epoch},0.5,0.5,0.5,0.5\n" for epoch in epochs)
    (tmp_path / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n" + rows)
    with pytest.raises(FileError, match="its epochs do not count from 1"):
        RunFolder(tmp_path).read_history()
