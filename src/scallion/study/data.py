"""Which data sets can be had without a network."""

import os
from pathlib import Path

from scallion import datasets
from scallion.datasets import cifar10, cifar100
from scallion.datasets.cifar import CifarSource
from scallion.files import cache_dir, expand_home


def is_at_hand(name: str) -> bool:
    """Whether the set comes with the package, is in a cache, or is a file here."""
    if name.lower().endswith(".npz"):
        return Path(name).is_file()
    found = datasets.find(name)
    sources = {"cifar10": cifar10.SOURCE, "cifar100": cifar100.SOURCE}
    return found.bundled or (found.name in sources and _is_cached(sources[found.name]))


def _is_cached(source: CifarSource) -> bool:
    places = [cache_dir() / "datasets" / source.archive]
    keras = expand_home(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets"
    places += [keras / name for name in (*source.keras_archives(), *source.keras_folders())]
    return any(place.exists() for place in places)
