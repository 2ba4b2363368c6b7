"""`get_file`: Keras' paths, checked downloads, and safe unpacking."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scallion.datasets.downloading import get_file as get_file_module
from scallion.datasets.downloading.download import RetryPolicy
from scallion.errors import ArgumentError, DownloadError, FileError
from scallion.utils import get_file


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_file_module, "RETRY", RetryPolicy(timeout=5.0, pause=0.01))


def tar(*names: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
    return packed.getvalue()


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, b"abc")
    return packed.getvalue()


def test_a_file_is_downloaded_once_to_keras_path(server: Any, tmp_path: Path) -> None:
    server.body = b"numbers"
    for _ in range(2):
        path = get_file("numbers.csv", server.url)
    assert path == str(tmp_path / "keras" / "datasets" / "numbers.csv")
    assert Path(path).read_bytes() == b"numbers"
    assert len(server.requests) == 1
    get_file("numbers.csv", server.url, force_download=True)
    assert len(server.requests) == 2
    other = get_file(origin=server.url, cache_dir=tmp_path / "mine", cache_subdir="sets")
    assert other == str(tmp_path / "mine" / "sets" / "set.tar.gz")


# Debian 12's Python 3.11.2 has no filters.
needs_filter = pytest.mark.skipif(
    not hasattr(tarfile, "data_filter"), reason="this Python unpacks no tar safely"
)


def test_a_tar_raises_without_extraction_filters(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    server.body = tar("a.txt")
    with pytest.raises(FileError, match="cannot restrict it to its folder") as caught:
        get_file("set.tar.gz", server.url, extract=True)
    assert caught.value.hint == "Python 3.11.4 or newer"


# The paths that Keras 3.15 returns.
@needs_filter
@pytest.mark.parametrize(
    ("fname", "options", "folder", "archive"),
    [
        ("flowers.tgz", {"extract": True}, "flowers_extracted", "flowers.tgz"),
        ("flowers", {"untar": True}, "flowers", "flowers_archive"),
        (None, {"extract": True}, "set.tar.gz", "set.tar.gz_archive"),
    ],
)
def test_an_archive_is_unpacked_to_keras_path(
    fname: str | None, options: dict[str, Any], folder: str, archive: str, server: Any
) -> None:
    server.body = tar("flowers/roses/1.png", "flowers/tulips/2.png")
    path = Path(get_file(fname, server.url, **options))
    assert path.name == folder
    assert (path.parent / archive).is_file()
    found = sorted(file.relative_to(path).as_posix() for file in path.rglob("*.png"))
    assert found == ["flowers/roses/1.png", "flowers/tulips/2.png"]
    (path / "mine").touch()
    get_file(fname, server.url, **options)
    assert (path / "mine").exists()  # an existing folder is not unpacked again


def test_a_zip_is_unpacked_and_other_files_warn(server: Any) -> None:
    server.body = zipped("a/1.png")
    path = Path(get_file("images.zip", server.url, extract=True))
    assert (path / "a" / "1.png").read_bytes() == b"abc"
    server.body = b"no archive"
    with pytest.warns(UserWarning, match="Could not extract archive"):
        get_file("text.zip", server.url, extract=True)


@needs_filter
def test_a_damaged_or_hostile_archive_leaves_nothing(server: Any) -> None:
    damaged = zipped("a.txt").replace(b"abc", b"abd")
    for name, body in (("bad", tar("../outside.txt")), ("damaged", damaged)):
        server.body = body
        with pytest.raises(FileError, match="cannot be unpacked"):
            get_file(f"{name}.tar.gz", server.url, extract=True)
    home = Path(get_file("bad.tar.gz", server.url)).parent
    assert sorted(path.name for path in home.iterdir() if path.is_dir()) == []
    assert not list(home.parent.rglob("outside.txt"))


def test_md5_and_sha256_hashes_are_checked(server: Any) -> None:
    server.body = b"numbers"
    md5 = hashlib.md5(b"numbers").hexdigest()
    for given in ({"md5_hash": md5}, {"file_hash": hashlib.sha256(b"numbers").hexdigest()}):
        get_file("right.csv", server.url, **given)
    with pytest.raises(DownloadError, match=f"MD5 {md5[::-1]} expected, {md5} found") as caught:
        get_file("wrong.csv", server.url, md5_hash=md5[::-1])
    assert str(caught.value.hint).endswith(f"wrong.csv by hand (MD5 {md5[::-1]})")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fname": "a"}, "`origin` must be the URL"),
        ({"origin": "https://example.org/"}, "contains no file name"),
        ({"fname": "a/b", "origin": "https://example.org/b"}, "without folders"),
        ({"origin": "https://example.org/b", "hash_algorithm": "crc"}, "Received: 'crc'"),
        ({"origin": "ftp://example.org/b"}, "must start with http"),
    ],
    ids=str,
)
def test_invalid_arguments_raise(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        get_file(**arguments)
