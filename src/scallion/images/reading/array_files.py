"""Read images that are arrays: `.npz`, pairs of `.npy`, and IDX files such as those of MNIST."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets
from scallion.datasets.dataset_arrays import DatasetArrays
from scallion.datasets.formats import idx
from scallion.errors import DataError, FileError, MissingFileError
from scallion.files import file_errors
from scallion.images.reading.listing import MAX_CLASSES

_SUFFIXES = (".npy", ".npz", ".idx", ".gz", "-ubyte", ".ubyte")
_SPLIT_WORDS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "t10k", "testing"),
}
_MAX_BYTES = 1 << 32  # of an unpacked IDX file
_NAMES = "x_train.npy and y_train.npy, or train-images-idx3-ubyte and train-labels-idx1-ubyte"

Pair = tuple[NDArray[Any], NDArray[Any]]  # images and labels


def is_array_source(path: Path) -> bool:
    """Return whether a path is an array file, or a folder with pairs of array files."""
    if path.is_file():
        return path.name.lower().endswith(_SUFFIXES)
    return path.is_dir() and bool(_find_pairs(path))


def load_array_splits(path: Path) -> tuple[DatasetArrays, Pair | None]:
    """Load training and test arrays, and validation images and labels where there are any.

    Nothing is unpickled; `.npy` files are memory-mapped. Raises MissingFileError, FileError,
    DataError.
    """
    if path.suffix.lower() == ".npz":
        return datasets.load_npz(path), None
    pairs = _find_pairs(path if path.is_dir() else path.parent)
    if "train" not in pairs:
        raise DataError(
            f"{path} has no arrays of training images and labels", hint=f"name them {_NAMES}"
        )
    splits = {name: _read_pair(*files) for name, files in pairs.items()}
    shapes = {x.shape[1:] for x, _ in splits.values()}
    if len(shapes) > 1:
        raise DataError(
            f"the splits have images of different shapes: {sorted(shapes)}",
            hint="resize all images to one size before saving them",
        )
    classes = 1 + max(int(y.max()) for _, y in splits.values())
    class_names = tuple(str(label) for label in range(classes))
    x_test, y_test = splits.get("test", (None, None))
    name = (path.name if path.is_dir() else path.parent.name) or "arrays"
    arrays = DatasetArrays(*splits["train"], x_test, y_test, class_names, name)
    return arrays, splits.get("validation")


def _find_pairs(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Return the files of images and labels per split, by NumPy users' and MNIST's names."""
    files = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    found: dict[str, tuple[Path, Path]] = {}
    for split, words in _SPLIT_WORDS.items():
        for word in words:
            for images, labels in _pair_names(word):
                if images in files and labels in files:
                    found.setdefault(split, (files[images], files[labels]))
    if "train" not in found and "x.npy" in files and "y.npy" in files:
        found["train"] = files["x.npy"], files["y.npy"]
    return found


def _pair_names(word: str) -> list[tuple[str, str]]:
    pairs = [
        (f"x_{word}.npy", f"y_{word}.npy"),
        (f"{word}_images.npy", f"{word}_labels.npy"),
    ]
    for stem in ("{}-images-idx3-ubyte", "{}-images.idx3-ubyte", "{}-images.idx"):
        images = stem.format(word)
        labels = images.replace("images", "labels").replace("idx3", "idx1")
        pairs += [(images + gz, labels + gz) for gz in ("", ".gz")]
    return pairs


def _read_pair(images: Path, labels: Path) -> Pair:
    x, y = _read_array(images), _read_array(labels)
    x = x[..., np.newaxis] if x.ndim == 3 else x
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if x.ndim != 4 or x.dtype.kind not in "buif" or 0 in x.shape:
        raise DataError(
            f"{images.name} does not hold images. Received: {x.dtype} {x.shape}",
            hint="save uint8 of shape (n, height, width) or (n, height, width, channels)",
        )
    if y.ndim != 1 or y.dtype.kind not in "bui" or len(y) != len(x):
        raise DataError(
            f"{labels.name} does not hold one class index for each of {len(x):,} images. "
            f"Received: {y.dtype} {y.shape}",
            hint="for class names: names, y = np.unique(y, return_inverse=True)",
        )
    if int(y.min()) < 0 or int(y.max()) >= MAX_CLASSES:
        raise DataError(
            f"classes in {labels.name} must count from 0 to {MAX_CLASSES - 1}. "
            f"Received: {y.min()} to {y.max()}",
            hint="_, y = np.unique(y, return_inverse=True)",
        )
    return x, y.astype(np.int64)


def _read_array(path: Path) -> NDArray[Any]:
    hint = f"save it again as {_NAMES}"
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist", hint=hint)
    with file_errors(path, "read"):
        if path.suffix.lower() == ".npy":
            try:
                return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
            except (ValueError, EOFError, SyntaxError) as error:
                raise FileError(f"{path} is not a numeric array: {error}", hint=hint) from error
        data = path.read_bytes()
    return idx.parse(_unpack(data, path), path.name)


def _unpack(data: bytes, path: Path) -> bytes:
    """Decompress a gzip file, never to more bytes than its IDX header declares."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        start = zlib.decompressobj(31).decompress(data, 16)
        sizes = [int.from_bytes(start[i : i + 4], "big") for i in range(4, 4 + 4 * start[3], 4)]
        declared = len(start[: 4 + 4 * start[3]]) + 8 * int(np.prod(sizes, dtype=object))
        return zlib.decompressobj(31).decompress(data, min(declared, _MAX_BYTES))
    except (zlib.error, IndexError) as error:
        raise FileError(f"{path} is damaged: {error}", hint="download it again") from error
