"""Keras' `utils`: what scripts for small image networks use of it."""

from importlib import import_module
from typing import Any

_HOMES = {
    "PyDataset": "scallion.models.pydataset",
    "Sequence": "scallion.models.pydataset",
    "array_to_img": "scallion.images.pictures",
    "clear_session": "scallion.session",
    "image_dataset_from_directory": "scallion.images.directory",
    "img_to_array": "scallion.images.pictures",
    "load_img": "scallion.images.pictures",
    "normalize": "scallion.datasets.arithmetic",
    "plot_model": "scallion.report.diagram",
    "save_img": "scallion.images.pictures",
    "set_random_seed": "scallion.session",
    "to_categorical": "scallion.datasets.arithmetic",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.utils", name, __all__)


def __dir__() -> list[str]:
    return __all__
