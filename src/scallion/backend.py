"""Keras' `backend`: what scripts for small image networks use of it."""

from scallion.session import clear_session


def epsilon() -> float:
    """The small number that losses and metrics keep away from 0 by."""
    return 1e-7


def floatx() -> str:
    """The type that networks compute in."""
    return "float32"


def image_data_format() -> str:
    """The order of an image's axes: (height, width, channels)."""
    return "channels_last"


__all__ = ["clear_session", "epsilon", "floatx", "image_data_format"]
