"""Reads the sets that come with the package: IDX files, each held to its SHA-256."""

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion.datasets import idx
from scallion.datasets.dataset_arrays import Splits
from scallion.errors import FileError
from scallion.files import read_bytes

DATA = Path(__file__).parent / "data"

_GZIP = 31  # zlib's window bits for "a gzip header, and the largest window"
_HINT = "pip install --force-reinstall scallion"


@dataclass(frozen=True, slots=True)
class Checksums:
    """The SHA-256 of the four gzip files of a set in MNIST's form."""

    train_images: str
    train_labels: str
    test_images: str
    test_labels: str


def load(folder: str, checksums: Checksums) -> Splits:
    """`(x_train, y_train), (x_test, y_test)` of uint8 from `data/FOLDER`.

    Raises FileError that names the file where one is missing or is not what was published.
    """
    return (
        (
            _read(folder, "train-images-idx3-ubyte.gz", checksums.train_images),
            _read(folder, "train-labels-idx1-ubyte.gz", checksums.train_labels),
        ),
        (
            _read(folder, "t10k-images-idx3-ubyte.gz", checksums.test_images),
            _read(folder, "t10k-labels-idx1-ubyte.gz", checksums.test_labels),
        ),
    )


def _read(folder: str, name: str, expected: str) -> NDArray[np.generic]:
    path = DATA / folder / name
    if not path.is_file():
        raise FileError(f"{path}, a file of the package, is not there", hint=_HINT)
    packed = read_bytes(path)
    found = hashlib.sha256(packed).hexdigest()
    if found != expected:
        raise FileError(
            f"{path}, a file of the package, is damaged: SHA-256 {expected} expected, "
            f"{found} found ({len(packed)} bytes)",
            hint=_HINT,
        )
    # A gzip file ends with its unpacked size; the checksum has just vouched for it.
    size = int.from_bytes(packed[-4:], "little")
    return idx.parse(zlib.decompress(packed, _GZIP, size), name)
