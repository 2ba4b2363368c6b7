"""MNIST: 70,000 greyscale images of handwritten digits, included in the package."""

import os

from scallion.datasets import bundled
from scallion.datasets.dataset_arrays import Splits
from scallion.errors import ArgumentError

CLASS_NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

CHECKSUMS = bundled.Checksums(
    train_images="0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    train_labels="1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    test_images="1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    test_labels="b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
)


def load_data(path: str | os.PathLike[str] = "mnist.npz") -> Splits:
    """Return MNIST as Keras does, from the package: `(x_train, y_train), (x_test, y_test)`.

    uint8: images (60000, 28, 28) and (10000, 28, 28) from 0 to 255, labels (60000,) and (10000,)
    from 0 to 9. `path`, where Keras stores its download, is accepted and not used. CC BY-SA 3.0,
    Yann LeCun and Corinna Cortes. Raises FileError if a file of the package is missing or damaged.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(
            f"`path` must be the name of a file. Received: path={path!r}", hint="mnist.load_data()"
        )
    return bundled.load("mnist", CHECKSUMS)
