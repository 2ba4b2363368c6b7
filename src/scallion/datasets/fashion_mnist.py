"""Fashion-MNIST: 70,000 greyscale images of clothes, included in the package."""

from scallion.datasets import bundled
from scallion.datasets.dataset_arrays import Splits

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

CHECKSUMS = bundled.Checksums(
    train_images="b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    train_labels="0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    test_images="cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    test_labels="8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
)


def load_data() -> Splits:
    """Return Fashion-MNIST as Keras does, from the package: `(x_train, y_train), (x_test, y_test)`.

    uint8: images (60000, 28, 28) and (10000, 28, 28) from 0 to 255, labels (60000,) and (10000,)
    from 0 to 9; `CLASS_NAMES` has their names. MIT License, copyright 2017 Zalando SE. Raises
    FileError if a file of the package is missing or damaged.
    """
    return bundled.load("fashion-mnist", CHECKSUMS)
