"""Keras' `get_file`: download of a file or an archive into a cache."""

import os
import shutil
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from scallion.datasets.downloading.download import RemoteFile, RetryPolicy, fetch
from scallion.errors import ArgumentError, FileError
from scallion.files import StrPath, expand_home, file_errors, make_folder
from scallion.temporary_files import temporary_folder

RETRY = RetryPolicy()
_MAX_BYTES = 20_000_000_000
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
    """Download `origin` once; return the path of the file, or of the folder of its content.

    The paths are those of Keras: `~/.keras/datasets`, or `cache_dir/cache_subdir`. The download is
    complete, and a hash is checked if given. Raises ArgumentError, DownloadError, and FileError for
    an archive that is damaged or contains paths outside the folder.
    """
    if origin is None:
        raise ArgumentError(
            "`origin` must be the URL of the file", hint='get_file(origin="https://...")'
        )
    if hash_algorithm not in _ALGORITHMS or archive_format not in _FORMATS:
        raise ArgumentError(
            "`hash_algorithm` is 'auto', 'md5' or 'sha256', `archive_format` 'auto', 'tar' or "
            f"'zip'. Received: {hash_algorithm!r}, {archive_format!r}",
            hint="omit both",
        )
    home = expand_home(cache_dir or os.environ.get("KERAS_HOME") or "~/.keras") / cache_subdir
    target, folder = _cache_paths(home, fname, origin, unpacks=extract or untar)
    if force_download and target.is_file():
        target.unlink()
    was_cached = target.is_file()
    remote = _remote(target.name, origin, md5_hash, file_hash, hash_algorithm)
    fetch(remote, target, RETRY)
    if not (extract or untar):
        return str(target)
    if not (was_cached and folder.is_dir()):
        _unpack(target, folder, "tar" if untar else archive_format)
    return str(folder)


def _cache_paths(
    home: Path, fname: StrPath | None, origin: str, *, unpacks: bool
) -> tuple[Path, Path]:
    """Return the path of the file, and of the folder for its content, as Keras names them."""
    name = os.fspath(fname) if fname else Path(urlsplit(origin).path).name
    if not name:
        raise ArgumentError(
            f"the URL contains no file name, so `fname` is needed. Received: origin={origin!r}",
            hint='fname="images.zip"',
        )
    if os.sep in name:
        raise ArgumentError(
            f"`fname` must be a name without folders. Received: fname={name!r}",
            hint="give the folder as cache_dir",
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
    is_sha256 = algorithm == "sha256" or (algorithm == "auto" and len(digest) == 64)
    if is_sha256:
        return RemoteFile(title, origin, sha256=digest, limit=_MAX_BYTES)
    return RemoteFile(title, origin, md5=digest, limit=_MAX_BYTES)


def _unpack(archive: Path, folder: Path, archive_format: str | None) -> None:
    """Unpack to a temporary folder and rename it, so that the folder is complete or missing."""
    make_folder(folder.parent)
    with file_errors(archive, "read"):
        kind = next(
            (k for k in ("tar", "zip") if archive_format in (k, "auto") and _is(k, archive)), None
        )
    if kind == "tar" and not hasattr(tarfile, "data_filter"):
        raise FileError(
            f"{archive} is not unpacked: this Python cannot restrict it to its folder",
            hint="Python 3.11.4 or newer",
        )
    if kind is None:
        warnings.warn(
            f"Could not extract archive {archive}: it is not a {archive_format} archive",
            stacklevel=3,
        )
        return
    with file_errors(folder, "write"), temporary_folder(folder.parent) as temporary:
        content = temporary / "content"
        try:
            if kind == "zip":
                with zipfile.ZipFile(archive) as opened:
                    opened.extractall(content)  # noqa: S202 (zipfile removes unsafe parts of names)
            else:
                with tarfile.open(archive) as opened:
                    # The filter refuses paths outside the folder, links and devices.
                    opened.extractall(content, filter="data")
        except _DAMAGED as error:
            raise FileError(
                f"{archive} cannot be unpacked: {error}",
                hint="get_file(..., force_download=True) downloads it again",
            ) from error
        if folder.is_dir():
            shutil.rmtree(folder)
        content.rename(folder)


def _is(kind: str, archive: Path) -> bool:
    return tarfile.is_tarfile(archive) if kind == "tar" else zipfile.is_zipfile(archive)


__all__ = ["get_file"]
