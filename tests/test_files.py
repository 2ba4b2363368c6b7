"""Atomic writing, JSON and the cache folder; every failure says what to do."""

import errno
import hashlib
import json
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from scallion import files
from scallion.errors import ArgumentError, FileError, MissingFileError

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes and links")


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_written_file_leaves_no_temporary_file(tmp_path):
    files.write_bytes(tmp_path / "a.bin", b"\x00\r\n\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n\xff"
    assert names(tmp_path) == ["a.bin"]


def test_text_is_utf8_with_unchanged_line_ends(tmp_path):
    files.write_text(tmp_path / "a.txt", "Größe\r\n×\n")
    assert (tmp_path / "a.txt").read_bytes() == b"Gr\xc3\xb6\xc3\x9fe\r\n\xc3\x97\n"


def test_the_old_file_stays_until_the_block_ends(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with files.atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_the_block_keeps_the_old_file(tmp_path, error):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def stop_halfway():
        with files.atomic_write(path) as file:
            file.write(b"half")
            raise error("stop")

    with pytest.raises(error, match="stop"):
        stop_halfway()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_file_being_written_can_be_read(tmp_path):
    with files.atomic_write(tmp_path / "a") as file:
        file.write(b"0123")
        file.seek(1)
        assert file.read(2) == b"12"
        file.seek(0)
        file.write(b"x")
    assert (tmp_path / "a").read_bytes() == b"x123"


def test_bytes_are_synced_before_the_rename(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, Path.replace

    def seen_fsync(descriptor):
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def seen_replace(self, target):
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(Path, "replace", seen_replace)
    files.write_bytes(tmp_path / "a", b"1")
    assert order == (
        ["file", "rename"] if sys.platform == "win32" else ["file", "rename", "folder"]
    )


@posix
def test_file_modes_are_usual_or_kept(tmp_path):
    umask = os.umask(0o027)
    try:
        files.write_bytes(tmp_path / "new", b"")
        (tmp_path / "old").write_bytes(b"")
        (tmp_path / "old").chmod(0o604)
        files.write_bytes(tmp_path / "old", b"1")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o604


@posix
def test_the_target_of_a_link_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "a")
    files.write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "a").read_bytes() == b"new"


def test_a_name_of_255_bytes_can_be_written(tmp_path):
    files.write_bytes(tmp_path / ("n" * 255), b"1")
    assert names(tmp_path) == ["n" * 255]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(
        FileError, match=r"the folder .*nowhere does not exist\nhint: create it first"
    ):
        files.write_bytes(tmp_path / "nowhere" / "a", b"")


def test_a_folder_cannot_be_overwritten(tmp_path):
    with pytest.raises(FileError, match="it is a folder\nhint: name a file in it"):
        files.write_bytes(tmp_path, b"")


@posix
def test_a_device_is_never_replaced():
    with pytest.raises(FileError, match=r"/dev/null: it is not a regular file\nhint: name a file"):
        files.write_bytes("/dev/null", b"")


def test_a_file_in_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(FileError, match=r"taken is a file, not a folder\nhint: rename that file"):
        files.make_folder(tmp_path / "taken" / "runs")
    with pytest.raises(FileError, match=r"taken is a file, not a folder"):
        files.make_folder(tmp_path / "taken")
    with pytest.raises(FileError, match=r"taken is a file, not a folder"):
        files.write_bytes(tmp_path / "taken" / "a", b"")


@posix
def test_a_folder_without_permission_is_reported(tmp_path, monkeypatch):
    # The superuser may write anywhere, so the refusal itself is made here.
    def refuse(*arguments, **keywords):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileError, match=r"you have no permission\nhint: choose a folder of your"):
        files.write_bytes(tmp_path / "a", b"")


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileError, match="you have no permission"):
            files.write_bytes(tmp_path / "a", b"")
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="the disk is full\nhint: free some space"):
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_really_full_device_is_reported():
    with (
        pytest.raises(FileError, match="the disk is full"),
        files.file_errors("/dev/full", "write"),
        Path("/dev/full").open("wb", buffering=0) as device,
    ):
        device.write(b"1")


def test_other_errors_keep_the_message_of_the_system(tmp_path):
    words = r"cannot read a: Input/output error\nhint: "
    with pytest.raises(FileError, match=words), files.file_errors("a", "read"):
        raise OSError(errno.EIO, "Input/output error")


def test_reading_a_missing_file_raises_missing_file_error(tmp_path):
    for read in (files.read_bytes, files.sha256):
        with pytest.raises(
            MissingFileError, match=r"gone: it does not exist\nhint: check the name"
        ):
            read(tmp_path / "gone")


def test_reading_a_folder_is_reported(tmp_path):
    with pytest.raises(FileError, match="cannot read"):
        files.read_bytes(tmp_path)


def test_json_accepts_numpy_paths_and_nan(tmp_path):
    value = {
        "accuracy": np.float32(0.5),
        "epochs": np.int64(3),
        "counts": np.array([[1, 2], [3, 4]]),
        "loss": float("nan"),
        "where": Path("runs"),
        "name": "Größe",
    }
    files.write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {
        "accuracy": 0.5,
        "epochs": 3,
        "counts": [[1, 2], [3, 4]],
        "loss": None,
        "where": "runs",
        "name": "Größe",
    }
    assert text.startswith('{\n  "accuracy": 0.5,\n')
    assert text.endswith("}\n")


def test_json_refuses_unsupported_values_and_writes_nothing(tmp_path):
    with pytest.raises(
        ArgumentError, match=r"cannot be written as JSON: JSON does not support object.*\nhint"
    ):
        files.write_json(tmp_path / "a.json", {"a": object()})
    assert names(tmp_path) == []


def test_sha256_matches_hashlib(tmp_path):
    # FIPS 180-2, appendix B.1
    (tmp_path / "abc").write_bytes(b"abc")
    assert files.sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    large = bytes(range(256)) * 20_000
    (tmp_path / "large").write_bytes(large)
    assert files.sha256(tmp_path / "large") == hashlib.sha256(large).hexdigest()


@pytest.fixture
def clean_environment(monkeypatch):
    for name in ("SCALLION_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USERPROFILE", "/home/ada")
    return monkeypatch


@posix
@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/ada/.cache/scallion"),
        ("linux", {"XDG_CACHE_HOME": "/scratch"}, "/scratch/scallion"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/scallion"),
        ("darwin", {"XDG_CACHE_HOME": "/scratch"}, "/home/ada/Library/Caches/scallion"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/scallion/Cache"),
        ("win32", {}, "/home/ada/AppData/Local/scallion/Cache"),
        ("linux", {"SCALLION_CACHE": "/mine", "XDG_CACHE_HOME": "/scratch"}, "/mine"),
        ("darwin", {"SCALLION_CACHE": "~/mine"}, "/home/ada/mine"),
        ("linux", {"SCALLION_CACHE": ""}, "/home/ada/.cache/scallion"),
    ],
)
def test_cache_folder_follows_the_platform(clean_environment, platform, variables, expected):
    clean_environment.setattr(sys, "platform", platform)
    for name, value in variables.items():
        clean_environment.setenv(name, value)
    assert files.cache_dir() == Path(expected)


def test_a_missing_home_folder_names_the_variable(clean_environment):
    def homeless(self):
        raise RuntimeError("Could not determine home directory.")

    clean_environment.setattr(Path, "expanduser", homeless)
    with pytest.raises(FileError, match=r"no home folder.*\nhint: set SCALLION_CACHE"):
        files.cache_dir()


def test_a_path_that_does_not_exist_suggests_the_nearest(tmp_path: Path) -> None:
    for name in ("cells", "rates.toml", ".hidden"):
        (tmp_path / name).mkdir()
    found = {name: files.nearest_path(tmp_path / name) for name in ("cels", "rate.toml", "x.toml")}
    assert found["cels"] == tmp_path / "cells"
    assert found["rate.toml"] == tmp_path / "rates.toml"
    assert found["x.toml"] is None
    assert files.nearest_path(tmp_path / "missing" / "cels") is None
