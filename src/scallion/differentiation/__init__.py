"""Gradients of NumPy expressions, derived operation by operation."""

from scallion.differentiation import rules
from scallion.differentiation.recorded_array import (
    RecordedArray,
    gradient_of,
    is_recorded,
    plain,
)

ACTIVATIONS = rules.ACTIVATIONS

__all__ = ["ACTIVATIONS", "RecordedArray", "gradient_of", "is_recorded", "plain"]
