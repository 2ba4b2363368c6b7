"""The named data sets: their descriptions, and loading them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from scallion import files
from scallion.datasets.dataset_arrays import DatasetArrays, Splits, with_channels
from scallion.errors import MissingFileError, UnknownNameError


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """The description of a data set, available without loading it.

    `size` is its size on disk or of its download, in bytes; `counts` are the numbers of training
    and test images; `image_shape` is (height, width, channels). A `bundled` data set is in the
    package and needs no network.
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
        """Return the images (n, h, w, c), uint8, and the labels (n,) of the data set.

        Raises FileError for a damaged file, DownloadError for a failed download.
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
    """Return the description of a data set: `fashion-mnist`, `fashion_mnist`, `Fashion MNIST`.

    >>> find("fashion_mnist").class_names[9]
    'Ankle boot'

    Raises UnknownNameError with the nearest name, and MissingFileError for a path.
    """
    wanted = _key(str(name))
    for known in names():
        if _key(known) == wanted:
            return _describe(known)
    if "/" in str(name) or "\\" in str(name):
        raise MissingFileError(f"{name} does not exist", hint=files.missing_file_hint(name))
    error = UnknownNameError("data set or folder", name, names())
    if (path := files.nearest_path(name)) is not None:
        kind = "folder" if path.is_dir() else "file"
        error.hint = f"did you mean the {kind} {path}? Data sets: {', '.join(names())}"
    raise error


def names() -> tuple[str, ...]:
    """Return the names of all data sets, the bundled ones first."""
    return ("fashion-mnist", "mnist", "cifar10", "cifar100")


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "").replace("_", "").replace(" ", "")


def _loader(name: str) -> Callable[[], Splits]:
    return import_module(f"scallion.datasets.{name.replace('-', '_')}").load_data


def _describe(name: str) -> DatasetInfo:
    module = import_module(f"scallion.datasets.{name.replace('-', '_')}")
    return DatasetInfo(name=name, class_names=module.CLASS_NAMES, **_DESCRIPTIONS[name])


_DESCRIPTIONS = {
    "fashion-mnist": {
        "title": "Fashion-MNIST: clothes, greyscale, 28x28",
        "image_shape": (28, 28, 1),
        "counts": (60000, 10000),
        "licence": "MIT",
        "source": "https://github.com/zalandoresearch/fashion-mnist",
        "size": 30_878_551,
        "bundled": True,
    },
    "mnist": {
        "title": "MNIST: handwritten digits, greyscale, 28x28",
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
        "title": "CIFAR-100: 100 classes, colour, 32x32",
        "image_shape": (32, 32, 3),
        "counts": (50000, 10000),
        "licence": "none stated",
        "source": "https://www.cs.toronto.edu/~kriz/cifar.html",
        "size": 169_001_437,
        "bundled": False,
    },
}
