"""Operators on symbolic tensors: arithmetic, slices, and weights or constants as operands."""
