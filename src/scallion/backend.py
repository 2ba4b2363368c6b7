"""The functions of `keras.backend` that scripts for small image networks use."""

from scallion.session import clear_session


def epsilon() -> float:
    """Return the smallest probability that losses and metrics compute a logarithm of."""
    return 1e-7


def floatx() -> str:
    """Return the data type of weights and activations."""
    return "float32"


def image_data_format() -> str:
    """Return the order of an image's axes: (height, width, channels)."""
    return "channels_last"


__all__ = ["clear_session", "epsilon", "floatx", "image_data_format"]
