"""Named data sets: two in the package, two that are downloaded once, and `.npz` files."""

from importlib import import_module
from typing import Any

from scallion.errors import UnknownAttributeError
from scallion.lazy_imports import lazy_attributes

_MODULES = ("cifar10", "cifar100", "fashion_mnist", "mnist")

_HOMES = {
    "DatasetArrays": ".dataset_arrays",
    "DatasetInfo": ".dataset_registry",
    "SplitIndices": ".validation_split",
    "as_dataset": ".array_checks",
    "find": ".dataset_registry",
    "load_npz": ".formats.npz",
    "names": ".dataset_registry",
    "split": ".validation_split",
}

_KERAS_ONLY = ("boston_housing", "california_housing", "imdb", "reuters")

__all__ = sorted([*_MODULES, *_HOMES])
_get, __dir__ = lazy_attributes("scallion.datasets", _HOMES, *_MODULES)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"scallion.datasets.{name}")
    if name in _KERAS_ONLY:
        raise UnknownAttributeError(
            f"scallion.datasets has no {name!r}: that data set contains text or tables, "
            "and Scallion trains on images",
            hint=f"use Keras itself (keras.datasets.{name}), or one of: {', '.join(_MODULES)}",
        )
    return _get(name)
