"""Operators on symbolic tensors: arithmetic, rescaling, slices, and weights as operands."""
