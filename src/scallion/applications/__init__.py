"""Networks with weights that were trained on ImageNet, as in `keras.applications`."""

from importlib import import_module
from typing import Any

from scallion.errors import UnsupportedError
from scallion.lazy_imports import lazy_attributes

_MODULES = (
    "efficientnet",
    "efficientnet_lite",
    "imagenet_utils",
    "mobilenet_v2",
    "mobilenet_v3",
)

_HOMES = {
    "EfficientNetB0": ".efficientnet",
    "EfficientNetLite0": ".efficientnet_lite",
    "MobileNetV2": ".mobilenet_v2",
    "MobileNetV3Large": ".mobilenet_v3",
    "MobileNetV3Small": ".mobilenet_v3",
}

# The beginnings of the names of Keras' other networks and their modules.
_KERAS_ONLY = (
    "convnext", "densenet", "efficientnet", "inception", "mobilenet", "nasnet", "resnet", "vgg",
    "xception",
)  # fmt: skip

__all__ = sorted([*_MODULES, *_HOMES])
_get, __dir__ = lazy_attributes("scallion.applications", _HOMES, *_MODULES)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"scallion.applications.{name}")
    if name not in _HOMES and name.lower().startswith(_KERAS_ONLY):
        raise UnsupportedError(
            f"there is no network {name}",
            hint=f"use {', '.join(sorted(_HOMES))}; EfficientNetLite0 needs no download",
            value=name,
        )
    return _get(name)
