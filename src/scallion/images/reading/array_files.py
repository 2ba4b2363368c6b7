"""Pictures that are arrays already: `.npz`, `.npy` pairs, and IDX files as those of MNIST."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets
from scallion.datasets import idx
from scallion.datasets.dataset_arrays import DatasetArrays
from scallion.errors import DataError, FileError, MissingFileError
from scallion.files import file_errors

_ENDINGS = (".npy", ".npz", ".idx", ".gz", "-ubyte", ".ubyte")
_PARTS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "t10k", "testing"),
}
_MOST = 1 << 32  # bytes of an unpacked IDX file
_HINT = "x_train.npy and y_train.npy, or train-images-idx3-ubyte and train-labels-idx1-ubyte"

Pair = tuple[NDArray[Any], NDArray[Any]]


def is_array_source(path: Path) -> bool:
    """Whether a path names arrays: such a file, or a folder that holds pairs of such files."""
    if path.is_file():
        return path.name.lower().endswith(_ENDINGS)
    return path.is_dir() and bool(_pairs(path))


def load_array_splits(path: Path) -> tuple[DatasetArrays, Pair | None]:
    """Training and test arrays, and a validation pair where there is one.

    Nothing is unpickled, `.npy` files are mapped and not read. Raises MissingFileError, FileError,
    DataError.
    """
    if path.suffix.lower() == ".npz":
        return datasets.load_npz(path), None
    pairs = _pairs(path if path.is_dir() else path.parent)
    if "train" not in pairs:
        raise DataError(
            f"{path} has no arrays of training images and labels", hint=f"name them {_HINT}"
        )
    parts = {name: _pair(*files) for name, files in pairs.items()}
    shapes = {x.shape[1:] for x, _ in parts.values()}
    if len(shapes) > 1:
        raise DataError(
            f"the splits have images of different shapes: {sorted(shapes)}",
            hint="bring all to one size before saving them",
        )
    classes = 1 + max(int(y.max()) for _, y in parts.values())
    names = tuple(str(label) for label in range(classes))
    x_test, y_test = parts.get("test", (None, None))
    name = path.name if path.is_dir() else path.parent.name
    return DatasetArrays(*parts["train"], x_test, y_test, names, name or "arrays"), parts.get(
        "validation"
    )


def _pairs(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Images and labels of each split, by the names that NumPy users and MNIST's makers give."""
    files = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    found: dict[str, tuple[Path, Path]] = {}
    for split, words in _PARTS.items():
        for word in words:
            for images, labels in _names(word):
                if images in files and labels in files:
                    found.setdefault(split, (files[images], files[labels]))
    if "train" not in found:
        for ending in (".npy",):
            if f"x{ending}" in files and f"y{ending}" in files:
                found["train"] = files[f"x{ending}"], files[f"y{ending}"]
    return found


def _names(word: str) -> list[tuple[str, str]]:
    pairs = [
        (f"x_{word}.npy", f"y_{word}.npy"),
        (f"{word}_images.npy", f"{word}_labels.npy"),
    ]
    for stem in ("{}-images-idx3-ubyte", "{}-images.idx3-ubyte", "{}-images.idx"):
        images = stem.format(word)
        labels = images.replace("images", "labels").replace("idx3", "idx1")
        pairs += [(images + gz, labels + gz) for gz in ("", ".gz")]
    return pairs


def _pair(images: Path, labels: Path) -> Pair:
    x, y = _read(images), _read(labels)
    x = x[..., np.newaxis] if x.ndim == 3 else x
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if x.ndim != 4 or x.dtype.kind not in "buif" or 0 in x.shape:
        raise DataError(
            f"{images.name} holds no images. Received: {x.dtype} {x.shape}",
            hint="save uint8 of the shape (n, height, width) or (n, height, width, channels)",
        )
    if y.ndim != 1 or y.dtype.kind not in "bui" or len(y) != len(x):
        raise DataError(
            f"{labels.name} does not hold one class number for each of {len(x):,} images. "
            f"Received: {y.dtype} {y.shape}",
            hint="for names of classes: names, y = np.unique(y, return_inverse=True)",
        )
    if int(y.min()) < 0 or int(y.max()) >= 65_536:
        raise DataError(
            f"{labels.name} counts classes from 0. Received: {y.min()} to {y.max()}",
            hint="_, y = np.unique(y, return_inverse=True)",
        )
    return x, y.astype(np.int64)


def _read(path: Path) -> NDArray[Any]:
    hint = f"save it again as {_HINT}"
    if not path.is_file():
        raise MissingFileError(f"{path} is not there", hint=hint)
    with file_errors(path, "read"):
        if path.suffix.lower() == ".npy":
            try:
                return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
            except (ValueError, EOFError, SyntaxError) as error:
                raise FileError(f"{path} is no array of numbers: {error}", hint=hint) from error
        data = path.read_bytes()
    return idx.parse(_unpacked(data, path), path.name)


def _unpacked(data: bytes, path: Path) -> bytes:
    """The bytes in a gzip file, never more than its IDX header says."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        start = zlib.decompressobj(31).decompress(data, 16)
        sizes = [int.from_bytes(start[i : i + 4], "big") for i in range(4, 4 + 4 * start[3], 4)]
        wanted = len(start[: 4 + 4 * start[3]]) + 8 * int(np.prod(sizes, dtype=object))
        return zlib.decompressobj(31).decompress(data, min(wanted, _MOST))
    except (zlib.error, IndexError) as error:
        raise FileError(f"{path} is damaged: {error}", hint="fetch it again") from error
