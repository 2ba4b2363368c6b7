"""Registries contain each public class once, from the module that defines it."""

from scallion import losses
from scallion.class_registry import classes_defined_in
from scallion.losses import crossentropy, focal_crossentropy


def test_classes_are_found_once_and_sorted_by_name() -> None:
    found = classes_defined_in((focal_crossentropy, crossentropy), losses.Loss)
    assert [kind.__name__ for kind in found] == [
        "BinaryCrossentropy",
        "BinaryFocalCrossentropy",
        "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy",
        "SparseCategoricalCrossentropy",
    ]


def test_imported_and_private_classes_are_left_out() -> None:
    # focal_crossentropy imports CategoricalCrossentropy and Loss.
    found = classes_defined_in((focal_crossentropy,), losses.Loss)
    assert all(kind.__module__ == focal_crossentropy.__name__ for kind in found)
