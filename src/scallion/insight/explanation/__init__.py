"""Explain a network's predictions, from arrays: Grad-CAM, filters, receptive fields."""

from scallion.insight.explanation.filters import filter_images
from scallion.insight.explanation.grad_cam import ClassActivationMap, class_activation_map
from scallion.insight.explanation.receptive_fields import ReceptiveField, receptive_fields

__all__ = [
    "ClassActivationMap",
    "ReceptiveField",
    "class_activation_map",
    "filter_images",
    "receptive_fields",
]
