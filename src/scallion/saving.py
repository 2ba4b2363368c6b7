"""The functions of `keras.saving` that scripts for small image networks use."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "CustomObjectScope": "scallion.custom_objects",
    "custom_object_scope": "scallion.custom_objects",
    "get_custom_objects": "scallion.custom_objects",
    "get_registered_name": "scallion.custom_objects",
    "get_registered_object": "scallion.custom_objects",
    "load_model": "scallion.models",
    "register_keras_serializable": "scallion.custom_objects",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.saving", _HOMES)
