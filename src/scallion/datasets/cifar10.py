"""CIFAR-10: 60,000 colour images of animals and vehicles, downloaded once."""

from scallion.datasets import cifar
from scallion.datasets.dataset_arrays import Splits
from scallion.datasets.downloading.download import RemoteFile, RetryPolicy

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

# URL and SHA-256 from Keras 3.15, MD5 from torchvision.
SOURCE = cifar.CifarSource(
    remote=RemoteFile(
        title="CIFAR-10",
        url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        variable="SCALLION_CIFAR10_URL",
    ),
    archive="cifar-10-python.tar.gz",
    folder="cifar-10-batches-py",
    train=(
        cifar.CifarBatch("data_batch_1", 10_000, "c99cafc152244af753f735de768cd75f"),
        cifar.CifarBatch("data_batch_2", 10_000, "d4bba439e000b95fd0a9bffe97cbabec"),
        cifar.CifarBatch("data_batch_3", 10_000, "54ebc095f3ab1f0389bbae665268c751"),
        cifar.CifarBatch("data_batch_4", 10_000, "634d18415352ddfa80567beed471001a"),
        cifar.CifarBatch("data_batch_5", 10_000, "482c414d41f54cd18b22e5b47cb7c3cb"),
    ),
    test=cifar.CifarBatch("test_batch", 10_000, "40351d587109b95175f43aff81a1287e"),
)
RETRY = RetryPolicy()


def load_data(*, origin: str | None = None) -> Splits:
    """Return CIFAR-10 as Keras does: `(x_train, y_train), (x_test, y_test)`, uint8.

    Images (50000, 32, 32, 3) and (10000, 32, 32, 3) from 0 to 255, labels (50000, 1) and (10000, 1)
    from 0 to 9; `CLASS_NAMES` has their names. Read from the cache of Scallion or Keras, or else
    downloaded from `origin`, `SCALLION_CIFAR10_URL` or the official URL; the SHA-256 is checked.
    Raises DownloadError, which says where to put the file by hand, and FileError for a damaged one.
    """
    return cifar.load(SOURCE, "labels", len(CLASS_NAMES), origin=origin, retry=RETRY)
