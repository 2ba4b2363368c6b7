"""The named sets, as the commands know them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from scallion.datasets.dataset_arrays import DatasetArrays, Splits, with_channels
from scallion.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What there is to know about a set before it is loaded.

    `size` is what it takes on the disk or through the network, in bytes; `counts` the images for
    training and for testing; `image_shape` is (height, width, channels). A `bundled` set needs no
    network, ever.
    """

    name: str
    title: str
    class_names: tuple[str, ...] = field(repr=False)
    image_shape: tuple[int, int, int]
    counts: tuple[int, int]
    licence: str
    source: str
    size: int
    bundled: bool

    def load(self) -> DatasetArrays:
        """The images (n, h, w, c) and labels (n,) of the set, uint8.

        Raises FileError where a file is damaged, DownloadError where one cannot be had.
        """
        (x_train, y_train), (x_test, y_test) = _loader(self.name)()
        return DatasetArrays(
            with_channels(x_train),
            y_train.reshape(-1),
            with_channels(x_test),
            y_test.reshape(-1),
            self.class_names,
            self.name,
        )


def find(name: str) -> DatasetInfo:
    """The named set, written as you like it: `fashion-mnist`, `fashion_mnist`, `Fashion MNIST`.

    >>> find("fashion_mnist").class_names[9]
    'Ankle boot'

    Raises UnknownNameError with the nearest name.
    """
    wanted = _key(str(name))
    for known in names():
        if _key(known) == wanted:
            return _describe(known)
    raise UnknownNameError("data set", name, names())


def names() -> tuple[str, ...]:
    """The names of all sets, the bundled ones first."""
    return ("fashion-mnist", "mnist", "cifar10", "cifar100")


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "").replace("_", "").replace(" ", "")


def _loader(name: str) -> Callable[[], Splits]:
    return import_module(f"scallion.datasets.{name.replace('-', '_')}").load_data


def _describe(name: str) -> DatasetInfo:
    module = import_module(f"scallion.datasets.{name.replace('-', '_')}")
    return DatasetInfo(name=name, class_names=module.CLASS_NAMES, **_FACTS[name])


_FACTS = {
    "fashion-mnist": {
        "title": "Fashion-MNIST: clothes, grey, 28x28",
        "image_shape": (28, 28, 1),
        "counts": (60000, 10000),
        "licence": "MIT",
        "source": "https://github.com/zalandoresearch/fashion-mnist",
        "size": 30_878_551,
        "bundled": True,
    },
    "mnist": {
        "title": "MNIST: handwritten digits, grey, 28x28",
        "image_shape": (28, 28, 1),
        "counts": (60000, 10000),
        "licence": "CC-BY-SA-3.0",
        "source": "http://yann.lecun.com/exdb/mnist/",
        "size": 11_369_320,
        "bundled": True,
    },
    "cifar10": {
        "title": "CIFAR-10: animals and vehicles, colour, 32x32",
        "image_shape": (32, 32, 3),
        "counts": (50000, 10000),
        "licence": "none stated",
        "source": "https://www.cs.toronto.edu/~kriz/cifar.html",
        "size": 170_498_071,
        "bundled": False,
    },
    "cifar100": {
        "title": "CIFAR-100: a hundred things, colour, 32x32",
        "image_shape": (32, 32, 3),
        "counts": (50000, 10000),
        "licence": "none stated",
        "source": "https://www.cs.toronto.edu/~kriz/cifar.html",
        "size": 169_001_437,
        "bundled": False,
    },
}
