"""Read images that are arrays: `.npz`, pairs of `.npy`, and IDX files such as those of MNIST."""

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets
from scallion.datasets.dataset_arrays import DatasetArrays
from scallion.datasets.formats import idx
from scallion.datasets.formats.array_archive import MAX_DEFLATE_RATIO, open_npy, require_memory
from scallion.datasets.split_names import SPLIT_WORDS, FoundSplits, find_splits, match_pairs
from scallion.errors import FileError, MissingFileError
from scallion.files import file_errors

_SUFFIXES = (".npy", ".npz", ".idx", ".gz", "-ubyte", ".ubyte")
_MAX_BYTES = 1 << 32  # of an unpacked IDX file
_NAMES = "x_train.npy and y_train.npy, or train-images-idx3-ubyte and train-labels-idx1-ubyte"


def is_array_source(path: Path) -> bool:
    """Return whether a path is an array file, or a folder with pairs of array files."""
    if path.is_file():
        return path.name.lower().endswith(_SUFFIXES)
    return path.is_dir() and bool(_find_pairs(_array_files(path)))


def load_array_splits(path: Path) -> DatasetArrays:
    """Load training images and labels, and those of validation and test where there are any.

    Nothing is unpickled; `.npy` files are memory-mapped. Raises MissingFileError, FileError,
    DataError.
    """
    if path.suffix.lower() == ".npz":
        return datasets.load_npz(path)
    folder = path if path.is_dir() else path.parent
    files = _array_files(folder)
    pairs = _find_pairs(files)
    stems = [name.removesuffix(".npy") for name in files if name.endswith(".npy")]
    if "train" not in pairs or "train" in match_pairs(stems):
        find_splits(stems, str(path))  # raises for what is missing
    used = {name for pair in pairs.values() for name in pair}
    splits = FoundSplits(pairs, tuple(name for name in files if name not in used))
    arrays = {name: _read_array(files[name]) for name in used}
    if path.is_dir():
        return datasets.as_dataset(arrays, path.name or "arrays", splits)
    return datasets.as_dataset(arrays, path.parent.name or "arrays", splits)


def _array_files(folder: Path) -> dict[str, Path]:
    return {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.name.lower().endswith(_SUFFIXES) and path.is_file()
    }


def _find_pairs(files: Mapping[str, Path]) -> dict[str, tuple[str, str]]:
    """Return the files of images and labels per split, by NumPy users' and MNIST's names."""
    stems = {Path(name).stem: name for name in files if name.lower().endswith(".npy")}
    found = {
        split: (stems[images], stems[labels])
        for split, (images, labels) in match_pairs(list(stems)).items()
    }
    lowered = {name.lower(): name for name in files}
    for split, words in SPLIT_WORDS.items():
        for word in (*words, "t10k") if split == "test" else words:
            for images, labels in _idx_names(word):
                if images in lowered and labels in lowered:
                    found.setdefault(split, (lowered[images], lowered[labels]))
    return found


def _idx_names(word: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for stem in ("{}-images-idx3-ubyte", "{}-images.idx3-ubyte", "{}-images.idx"):
        images = stem.format(word)
        labels = images.replace("images", "labels").replace("idx3", "idx1")
        pairs += [(images + gz, labels + gz) for gz in ("", ".gz")]
    return pairs


def _read_array(path: Path) -> NDArray[Any]:
    hint = f"save it again as {_NAMES}"
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist", hint=hint)
    if path.suffix.lower() == ".npy":
        return open_npy(path)
    with file_errors(path, "read"):
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
        # Deflate compresses to a thousandth at most, so the file's size is a limit, too.
        most = min(declared, _MAX_BYTES, MAX_DEFLATE_RATIO * len(data) + 1024)
        require_memory(2 * most, path)
        return zlib.decompressobj(31).decompress(data, most)
    except (zlib.error, IndexError) as error:
        raise FileError(f"{path} is damaged: {error}", hint="download it again") from error
