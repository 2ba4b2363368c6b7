"""Scallion trains small image networks on the computer you have. It speaks Keras."""

__version__ = "0.1.0"
