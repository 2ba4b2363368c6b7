"""Keras' `get_file`: a file or an archive from the web, kept for the next time."""

import os
import shutil
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from scallion.datasets.download import RemoteFile, RetryPolicy, fetch
from scallion.errors import ArgumentError, FileError
from scallion.files import StrPath, expand_home, file_errors, make_folder

RETRY = RetryPolicy()
_LARGEST = 20_000_000_000
_ALGORITHMS = ("auto", "md5", "sha256")
_FORMATS = ("auto", "tar", "zip", None)
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError)


def get_file(
    fname: StrPath | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | None = "auto",
    cache_dir: StrPath | None = None,
    force_download: bool = False,
) -> str:
    """Fetch `origin` once; returns the path of the file, or of the folder that it is unpacked into.

    The paths are Keras' own: `~/.keras/datasets`, or `cache_dir/cache_subdir`. The download is
    whole or not there, and checked where a hash is given. Raises ArgumentError, DownloadError, and
    FileError for an archive that is damaged or wants to write elsewhere.
    """
    if origin is None:
        raise ArgumentError(
            "`origin` is the address of the file", hint='get_file(origin="https://...")'
        )
    if hash_algorithm not in _ALGORITHMS or archive_format not in _FORMATS:
        raise ArgumentError(
            "`hash_algorithm` is 'auto', 'md5' or 'sha256', `archive_format` 'auto', 'tar' or "
            f"'zip'. Received: {hash_algorithm!r}, {archive_format!r}",
            hint="leave both out",
        )
    home = expand_home(cache_dir or os.environ.get("KERAS_HOME") or "~/.keras") / cache_subdir
    target, folder = _places(home, fname, origin, unpacks=extract or untar)
    if force_download and target.is_file():
        target.unlink()
    had = target.is_file()
    remote = _remote(target.name, origin, md5_hash, file_hash, hash_algorithm)
    fetch(remote, target, RETRY)
    if not (extract or untar):
        return str(target)
    if not (had and folder.is_dir()):
        _unpack(target, folder, "tar" if untar else archive_format)
    return str(folder)


def _places(home: Path, fname: StrPath | None, origin: str, *, unpacks: bool) -> tuple[Path, Path]:
    """Where the file goes, and the folder for what is in it, as Keras names them."""
    name = os.fspath(fname) if fname else Path(urlsplit(origin).path).name
    if not name:
        raise ArgumentError(
            f"the address names no file, so `fname` must. Received: origin={origin!r}",
            hint='fname="pictures.zip"',
        )
    if os.sep in name:
        raise ArgumentError(
            f"`fname` is a name without folders. Received: fname={name!r}",
            hint="name the folder with cache_dir",
        )
    if not unpacks:
        return home / name, home
    if fname and "." in name:
        return home / name, home / f"{name[: name.find('.')]}_extracted"
    return home / f"{name}_archive", home / name


def _remote(
    title: str, origin: str, md5_hash: str | None, file_hash: str | None, algorithm: str
) -> RemoteFile:
    if file_hash is None and md5_hash is not None:
        file_hash, algorithm = md5_hash, "md5"
    digest = (file_hash or "").lower()
    is_sha = algorithm == "sha256" or (algorithm == "auto" and len(digest) == 64)
    if is_sha:
        return RemoteFile(title, origin, sha256=digest, limit=_LARGEST)
    return RemoteFile(title, origin, md5=digest, limit=_LARGEST)


def _unpack(archive: Path, folder: Path, form: str | None) -> None:
    """Unpack beside the folder and then take its place, so that it is whole or not there."""
    make_folder(folder.parent)
    with file_errors(archive, "read"):
        kind = next((k for k in ("tar", "zip") if form in (k, "auto") and _is(k, archive)), None)
    if kind == "tar" and not hasattr(tarfile, "data_filter"):
        raise FileError(
            f"{archive} is not unpacked: this Python cannot keep it from writing elsewhere",
            hint="Python 3.11.4 or newer",
        )
    if kind is None:
        warnings.warn(f"Could not extract archive {archive}: it is no {form}", stacklevel=3)
        return
    with tempfile.TemporaryDirectory(dir=folder.parent) as place, file_errors(folder, "write"):
        inside = Path(place) / "inside"
        try:
            if kind == "zip":
                with zipfile.ZipFile(archive) as opened:
                    opened.extractall(inside)  # noqa: S202 (a zip, whose names are cleaned)
            else:
                with tarfile.open(archive) as opened:
                    # Refuses what lies outside of the folder, and what is no file or folder.
                    opened.extractall(inside, filter="data")
        except _DAMAGED as error:
            raise FileError(
                f"{archive} cannot be unpacked: {error}",
                hint="get_file(..., force_download=True) fetches it again",
            ) from error
        if folder.is_dir():
            shutil.rmtree(folder)
        inside.rename(folder)


def _is(kind: str, archive: Path) -> bool:
    return tarfile.is_tarfile(archive) if kind == "tar" else zipfile.is_zipfile(archive)


__all__ = ["get_file"]
