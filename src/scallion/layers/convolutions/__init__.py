"""Convolutions: usual, depthwise, separable and transposed ones."""
