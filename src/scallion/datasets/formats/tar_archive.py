"""Read the files in a `.tar.gz` into memory; nothing is written to a path of the archive."""

import gzip
import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, cast

from scallion.errors import FileError
from scallion.files import file_errors

_HINT = "delete the file, and download it again from its official address"
_MAX_MEMBERS = 1_000
_DAMAGED = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, OverflowError)


def read_members(path: Path, wanted: Collection[str], *, limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the regular files in the archive with these names.

    At most `limit` bytes are unpacked, whatever the archive declares. Raises MissingFileError, and
    FileError for an archive that is damaged, too large, or lacks one of the files.
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
    raise FileError(f"{path} does not contain {', '.join(sorted(missing))}", hint=_HINT)


def _unpacked(
    packed: IO[bytes], path: Path, wanted: Collection[str], limit: int
) -> Iterator[tuple[str, bytes]]:
    with gzip.open(packed) as unpacked:
        stream = cast(IO[bytes], _Limited(cast(IO[bytes], unpacked), path, limit))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for count, member in enumerate(archive):
                if count >= _MAX_MEMBERS:
                    raise FileError(f"{path} has more than {_MAX_MEMBERS} files", hint=_HINT)
                if member.name not in wanted or not member.isreg():
                    continue
                if member.size > limit or member.issparse():
                    raise _too_large(path, limit)
                content = archive.extractfile(member)
                data = content.read() if content else b""
                if len(data) != member.size:
                    raise EOFError(f"{member.name} is truncated")
                yield member.name, data


class _Limited:
    """A stream that raises FileError after `limit` bytes: small archives can unpack to any size."""

    def __init__(self, stream: IO[bytes], path: Path, limit: int) -> None:
        self.stream = stream
        self.path = path
        self.limit = self.left = limit

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes."""
        data = self.stream.read(min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise _too_large(self.path, self.limit)
        return data


def _too_large(path: Path, limit: int) -> FileError:
    return FileError(
        f"{path} is not read: it unpacks to more than {limit / 1e6:.0f} MB", hint=_HINT
    )
