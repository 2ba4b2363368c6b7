"""The engine in NumPy: slow and obvious, what every kernel is held against."""

from scallion.engine.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
