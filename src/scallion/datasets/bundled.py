"""Read the data sets in the package: gzipped IDX files with known SHA-256 checksums."""

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion.datasets.dataset_arrays import Splits
from scallion.datasets.formats import idx
from scallion.errors import FileError
from scallion.files import read_bytes
from scallion.installation import install_again

DATA = Path(__file__).parent / "data"

_GZIP = 31  # zlib's window bits for a gzip header and the largest window


@dataclass(frozen=True, slots=True)
class Checksums:
    """The SHA-256 checksums of the four gzip files of a data set in MNIST's format."""

    train_images: str
    train_labels: str
    test_images: str
    test_labels: str


def load(folder: str, checksums: Checksums) -> Splits:
    """Return `(x_train, y_train), (x_test, y_test)` of uint8 from `data/FOLDER`.

    Raises FileError, which names the file, where one is missing or has another checksum.
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
        raise FileError(f"{path}, a file of the package, is missing", hint=install_again())
    packed = read_bytes(path)
    found = hashlib.sha256(packed).hexdigest()
    if found != expected:
        raise FileError(
            f"{path}, a file of the package, is damaged: SHA-256 {expected} expected, "
            f"{found} found ({len(packed)} bytes)",
            hint=install_again(),
        )
    # A gzip file ends with its unpacked size, which the checksum has verified.
    size = int.from_bytes(packed[-4:], "little")
    return idx.parse(zlib.decompress(packed, _GZIP, size), name)
