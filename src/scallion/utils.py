"""The functions of `keras.utils` that scripts for small image networks use."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "CustomObjectScope": "scallion.custom_objects",
    "PyDataset": "scallion.models.training.pydataset",
    "Sequence": "scallion.models.training.pydataset",
    "array_to_img": "scallion.images.image_utils",
    "clear_session": "scallion.session",
    "custom_object_scope": "scallion.custom_objects",
    "get_custom_objects": "scallion.custom_objects",
    "get_file": "scallion.datasets.downloading.get_file",
    "get_registered_name": "scallion.custom_objects",
    "get_registered_object": "scallion.custom_objects",
    "image_dataset_from_directory": "scallion.images.image_dataset_utils",
    "img_to_array": "scallion.images.image_utils",
    "load_img": "scallion.images.image_utils",
    "normalize": "scallion.datasets.numerical_utils",
    "plot_model": "scallion.plots.network_diagram",
    "register_keras_serializable": "scallion.custom_objects",
    "save_img": "scallion.images.image_utils",
    "set_random_seed": "scallion.session",
    "split_dataset": "scallion.datasets.split_dataset",
    "to_categorical": "scallion.datasets.numerical_utils",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.utils", _HOMES)
