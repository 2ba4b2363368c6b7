"""The images that a lesson shows, and what stands in for those that are not on this machine."""

from functools import lru_cache

from scallion import datasets
from scallion.datasets import Arrays, cifar10, cifar100
from scallion.datasets.cifar import Cifar
from scallion.files import cache_dir, home_expanded

STAND_IN = "fashion-mnist"


def is_at_hand(name: str) -> bool:
    """Whether the set can be read without a network. Raises UnknownNameError."""
    found = datasets.find(name)
    sources = {"cifar10": cifar10.SOURCE, "cifar100": cifar100.SOURCE}
    return found.bundled or (found.name in sources and _is_cached(sources[found.name]))


def at_hand(name: str) -> str:
    """The set itself where it is here, else Fashion-MNIST, which always is."""
    return datasets.find(name).name if is_at_hand(name) else STAND_IN


@lru_cache(maxsize=2)
def images(name: str) -> Arrays:
    """The set, or what stands in for it; read once."""
    return datasets.find(at_hand(name)).load()


def _is_cached(source: Cifar) -> bool:
    import os

    places = [cache_dir() / "datasets" / source.archive]
    keras = home_expanded(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets"
    places += [keras / name for name in (*source.keras_archives(), *source.keras_folders())]
    return any(place.exists() for place in places)
