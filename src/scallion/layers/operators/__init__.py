"""Operators on symbolic tensors: arithmetic, rescaling, slices, and weights or constants as operands."""
