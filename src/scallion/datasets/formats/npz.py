"""Read images and labels from a `.npz` file, without unpickling."""

import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from scallion.datasets.array_checks import CLASS_NAMES, TEST, TRAIN, as_dataset
from scallion.datasets.dataset_arrays import DatasetArrays
from scallion.errors import DataError, FileError
from scallion.files import StrPath, file_errors

_SAVE = "np.savez_compressed('data.npz', x_train=..., y_train=..., x_test=..., y_test=...)"
_MAX_DEFLATE_RATIO = 1_032  # the largest compression ratio of the deflate format
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    SyntaxError,
)


def load_npz(path: StrPath) -> DatasetArrays:
    """Return the images and labels of a `.npz` file: `x_train y_train [x_test y_test]`, or `x y`.

    Images are numeric, (n, h, w) or (n, h, w, c); labels are integers from 0, (n,) or (n, 1). An
    array `class_names` names the classes in order; without it their names are 0, 1, 2 and so on.
    Sizes are checked against the file and the free memory before anything is read. Raises
    MissingFileError, FileError for a damaged or too large file, DataError for other arrays.
    """
    path = Path(path)
    with file_errors(path, "read"), path.open("rb") as file:
        arrays = _read(file, path)
    return as_dataset(arrays, path.stem)


def _read(file: IO[bytes], path: Path) -> dict[str, NDArray[Any]]:
    hint = f"save it again: {_SAVE}"
    try:
        with zipfile.ZipFile(file) as archive:
            members = {
                info.filename.removesuffix(".npy"): info
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            }
            keys = (*_required_keys(set(members), path), *({CLASS_NAMES} & set(members)))
            _check_sizes([members[key] for key in keys], path)
            return {key: _array(archive, members[key], key, path) for key in keys}
    except (DataError, FileError):
        raise
    except _DAMAGED as error:
        raise FileError(f"{path} is damaged, or is not a .npz file: {error}", hint=hint) from error


def _required_keys(found: set[str], path: Path) -> tuple[str, ...]:
    """Return the keys to read. Raises DataError, which lists the existing keys."""
    if found.issuperset(TRAIN):
        half = found.intersection(TEST)
        if len(half) == 1:
            missing = next(key for key in TEST if key not in half)
            raise DataError(f"{path} has {half.pop()} but no {missing}", hint=f"save both: {_SAVE}")
        return TRAIN + TEST if half else TRAIN
    if found.issuperset(("x", "y")):
        return ("x", "y")
    listed = ", ".join(sorted(found)[:20]) or "nothing"
    raise DataError(f"{path} needs x_train and y_train, or x and y. Received: {listed}", hint=_SAVE)


def _check_sizes(members: list[zipfile.ZipInfo], path: Path) -> None:
    for info in members:
        if info.file_size > 1024 + _MAX_DEFLATE_RATIO * info.compress_size:
            raise FileError(
                f"{path} is damaged: {info.filename} declares {info.file_size} bytes, "
                f"compressed to {info.compress_size}",
                hint=f"save it again: {_SAVE}",
            )
    needed, available = sum(info.file_size for info in members), _available_memory()
    if needed > available:
        raise FileError(
            f"{path} unpacks to {needed / 1e9:.1f} GB; {available / 1e9:.1f} GB of memory is free",
            hint="save the images as uint8, smaller, or fewer of them",
        )


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, key: str, path: Path) -> NDArray[Any]:
    """Return one array, after checking its header against its size, before any allocation."""
    with archive.open(info) as raw:
        version = np.lib.format.read_magic(raw)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{key} is written in the .npy format {version}")
        shape, _, dtype = read(raw)
        header = raw.tell()
    if dtype.hasobject:
        raise DataError(
            f"{path}: {key} contains Python objects, which could run code. Received: dtype {dtype}",
            hint=f"save {key} as one numeric array: np.stack(images), np.array(labels)",
        )
    size = 1
    for length in shape:
        size *= length
    if min(shape, default=0) < 0 or header + size * dtype.itemsize != info.file_size:
        raise ValueError(f"{key} declares {shape} of {dtype} and has {info.file_size} bytes")
    with archive.open(info) as raw:
        return np.lib.format.read_array(raw, allow_pickle=False)


def _available_memory() -> int:
    """Return the bytes available without swapping, as far as the platform reports them."""
    try:
        with Path("/proc/meminfo").open() as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 8 << 30
