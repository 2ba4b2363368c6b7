"""Read `.npy` arrays and members of `.npz` files that are not trusted.

Nothing is unpickled. An array's size is checked against the file and the free memory before
anything is allocated, and whatever NumPy or zipfile raise for a damaged file is a FileError.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from scallion import system_memory
from scallion.datasets.split_names import SAVE
from scallion.errors import DataError, FileError, ScallionError
from scallion.files import StrPath, file_errors

MAX_DEFLATE_RATIO = 1_032  # the largest compression ratio of the deflate format
_HINT = f"save it again: {SAVE}"


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """The type and shape of a stored array, read before its values."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    start: int  # the number of bytes before the first value

    @property
    def bytes(self) -> int:
        """The number of bytes of all values."""
        count = self.dtype.itemsize
        for length in self.shape:
            count *= length
        return count


class ArrayArchive:
    """An open `.npz` file: arrays by name."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive = archive
        self._path = path
        self._members = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }

    @property
    def names(self) -> list[str]:
        """The names of all arrays."""
        return list(self._members)

    def header(self, name: str) -> ArrayHeader:
        """Return the header of an array. Raises DataError for Python objects, FileError."""
        info = self._members[name]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{info.filename} has the compression method {info.compress_type}")
        if info.file_size > 1024 + MAX_DEFLATE_RATIO * info.compress_size:
            raise ValueError(
                f"{info.filename} declares {info.file_size} bytes, compressed to "
                f"{info.compress_size}"
            )
        with self._archive.open(info) as stream:
            header = _read_header(stream, name, self._path)
        if header.start + header.bytes != info.file_size:
            raise ValueError(
                f"{name} declares {header.shape} of {header.dtype} and has {info.file_size} bytes"
            )
        return header

    def read(self, name: str) -> NDArray[Any]:
        """Return an array; the caller has checked that it fits into the memory."""
        header = self.header(name)
        with self._archive.open(self._members[name]) as stream:
            stream.read(header.start)
            values = _take(stream, header.bytes)
            if stream.read(1):  # the end is reached, so that the checksum was compared
                raise ValueError(f"{name} is longer than it declares")
        order: Literal["C", "F"] = "F" if header.is_fortran else "C"
        return np.ndarray(header.shape, header.dtype, values, order=order)

    def read_rows(self, name: str, count: int) -> Iterator[NDArray[Any]]:
        """Yield an array with at least one axis, some rows at a time, in little memory."""
        header = self.header(name)
        if header.is_fortran:
            require_memory(header.bytes, self._path)
            array = self.read(name)
            for start in range(0, len(array), count):
                yield array[start : start + count]
            return
        length = header.shape[0]
        with self._archive.open(self._members[name]) as stream:
            stream.read(header.start)
            for start in range(0, length, count):
                shape = (min(count, length - start), *header.shape[1:])
                values = _take(stream, header.bytes // length * shape[0])
                yield np.ndarray(shape, header.dtype, values)
            stream.read(1)


@contextmanager
def open_npz(path: StrPath) -> Iterator[ArrayArchive]:
    """Open a `.npz` file. Raises MissingFileError, and FileError for errors while it is open."""
    place = Path(path)
    with damage_errors(place), place.open("rb") as file, zipfile.ZipFile(file) as archive:
        yield ArrayArchive(archive, place)


def open_npy(path: StrPath) -> NDArray[Any]:
    """Return the array in a `.npy` file, memory-mapped. Raises MissingFileError, FileError."""
    place = Path(path)
    with damage_errors(place, "np.save('images.npy', images)", "a .npy file"):
        with place.open("rb") as file:
            header = _read_header(file, "the array", place)
        if not header.bytes:
            return np.zeros(header.shape, header.dtype)
        return np.memmap(
            place, header.dtype, "r", header.start, header.shape, "F" if header.is_fortran else "C"
        )


def require_memory(count: int, path: Path) -> None:
    """Raise FileError if so many bytes do not fit into the free memory."""
    available = system_memory.available_bytes()
    if available is not None and count > available:
        raise FileError(
            f"{path} unpacks to {count / 1e9:.1f} GB; {available / 1e9:.1f} GB of memory is free",
            hint="save the images as uint8, smaller, or fewer of them",
        )


@contextmanager
def damage_errors(path: Path, hint: str = _HINT, kind: str = "a .npz file") -> Iterator[None]:
    """Raise whatever the content of a damaged file causes as a FileError that names the file."""
    try:
        with file_errors(path, "read"):
            yield
    except (ScallionError, GeneratorExit):
        raise
    except Exception as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileError(f"{path} is damaged, or is not {kind}: {words}", hint=hint) from error


def _read_header(stream: IO[bytes], name: str, path: Path) -> ArrayHeader:
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"{name} is written in the .npy format {version}")
    shape, is_fortran, dtype = read(stream)
    if dtype.hasobject:
        raise DataError(
            f"{path}: {name} contains Python objects, which could run code. "
            f"Received: dtype {dtype}",
            hint=f"save {name} as one numeric array: np.stack(images), np.array(labels)",
        )
    if min(shape, default=0) < 0 or len(shape) > 32:
        raise ValueError(f"{name} declares the shape {shape}")
    return ArrayHeader(dtype, shape, is_fortran, stream.tell())


def _take(stream: IO[bytes], count: int) -> bytearray:
    """Read exactly so many bytes. Raises EOFError."""
    values = bytearray(count)
    view = memoryview(values)
    while view:
        read = stream.readinto(view)  # type: ignore[attr-defined]
        if not read:
            raise EOFError("it ends too early")
        view = view[read:]
    return values
