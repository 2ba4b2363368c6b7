"""The engine in NumPy: slow and obvious, what every kernel is held against."""

from scallion.engine.reference.engine import CAPABILITIES, ReferenceEngine

__all__ = ["CAPABILITIES", "ReferenceEngine"]
