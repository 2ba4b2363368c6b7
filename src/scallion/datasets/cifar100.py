"""CIFAR-100: 60,000 colour images of 100 classes, downloaded once."""

import numpy as np

from scallion.datasets import cifar
from scallion.datasets.dataset_arrays import Splits
from scallion.datasets.downloading.download import RemoteFile, RetryPolicy
from scallion.errors import ArgumentError

_FINE = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
wardrobe whale willow_tree wolf woman worm
"""
_COARSE = """
aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
household_furniture insects large_carnivores large_man-made_outdoor_things
large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals
non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2
"""
CLASS_NAMES = tuple(_FINE.split())
COARSE_CLASS_NAMES = tuple(_COARSE.split())

# URL and SHA-256 from Keras 3.15, MD5 from torchvision.
SOURCE = cifar.CifarSource(
    remote=RemoteFile(
        title="CIFAR-100",
        url="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        variable="SCALLION_CIFAR100_URL",
    ),
    archive="cifar-100-python.tar.gz",
    folder="cifar-100-python",
    train=(cifar.CifarBatch("train", 50_000, "16019d7e3df5f24257cddd939b257f8d"),),
    test=cifar.CifarBatch("test", 10_000, "f0ef6b0ae62326f3e7ffdfab6717acfc"),
)
RETRY = RetryPolicy()


def load_data(label_mode: str = "fine", *, origin: str | None = None) -> Splits:
    """Return CIFAR-100 as Keras does: `(x_train, y_train), (x_test, y_test)`.

    uint8 images (50000, 32, 32, 3) and (10000, 32, 32, 3) from 0 to 255; int64 labels (50000, 1)
    and (10000, 1) of the 100 classes (`"fine"`, `CLASS_NAMES`) or the 20 groups (`"coarse"`,
    `COARSE_CLASS_NAMES`). Read from a cache or downloaded as `cifar10.load_data` does. Raises
    ArgumentError, DownloadError, FileError.
    """
    classes = {"fine": CLASS_NAMES, "coarse": COARSE_CLASS_NAMES}.get(label_mode)
    if classes is None:
        raise ArgumentError(
            f"`label_mode` is 'fine' or 'coarse'. Received: label_mode={label_mode!r}",
            hint='cifar100.load_data(label_mode="fine")',
        )
    key = f"{label_mode}_labels"
    train, test = cifar.load(SOURCE, key, len(classes), origin=origin, retry=RETRY)
    # Keras has uint8 labels for CIFAR-10 and int64 labels here.
    return (train[0], train[1].astype(np.int64)), (test[0], test[1].astype(np.int64))
