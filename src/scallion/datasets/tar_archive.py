"""Reads files out of a `.tar.gz` in memory: nothing is ever written to a path of the archive."""

import gzip
import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, cast

from scallion.errors import FileError
from scallion.files import file_errors

_HINT = "delete the file, and fetch it again from its official address"
_MOST_MEMBERS = 1_000
_DAMAGED = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, OverflowError)


def members(path: Path, wanted: Collection[str], *, limit: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each regular file in the archive that is wanted by exactly this name.

    At most `limit` bytes are unpacked, whatever the archive claims. Raises MissingFileError, and
    FileError for an archive that is damaged, too large, or has not all that is wanted.
    """
    missing = set(wanted)
    with file_errors(path, "read"), path.open("rb") as packed:
        try:
            for name, data in _unpacked(packed, path, missing, limit):
                missing.remove(name)
                yield name, data
                if not missing:
                    return
        except _DAMAGED as error:
            raise FileError(f"{path} is damaged: {error}", hint=_HINT) from error
    raise FileError(f"{path} has no {', '.join(sorted(missing))}", hint=_HINT)


def _unpacked(
    packed: IO[bytes], path: Path, wanted: Collection[str], limit: int
) -> Iterator[tuple[str, bytes]]:
    with gzip.open(packed) as unpacked:
        stream = cast(IO[bytes], _Limited(cast(IO[bytes], unpacked), path, limit))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for count, member in enumerate(archive):
                if count >= _MOST_MEMBERS:
                    raise FileError(f"{path} has more than {_MOST_MEMBERS} files", hint=_HINT)
                if member.name not in wanted or not member.isreg():
                    continue
                if member.size > limit or member.issparse():
                    raise _too_large(path, limit)
                content = archive.extractfile(member)
                data = content.read() if content else b""
                if len(data) != member.size:
                    raise EOFError(f"{member.name} ends too early")
                yield member.name, data


class _Limited:
    """A stream that refuses to give more than `limit` bytes: a small archive can unpack to any."""

    def __init__(self, stream: IO[bytes], path: Path, limit: int) -> None:
        self.stream = stream
        self.path = path
        self.limit = self.left = limit

    def read(self, size: int) -> bytes:
        data = self.stream.read(min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise _too_large(self.path, self.limit)
        return data


def _too_large(path: Path, limit: int) -> FileError:
    return FileError(f"{path} is refused: it unpacks to more than {limit / 1e6:.0f} MB", hint=_HINT)
