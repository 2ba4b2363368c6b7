"""Functions of `keras.ops`: on arrays NumPy computes them, on symbolic tensors layers do.

A function that the engine does not have is refused by name on a symbolic tensor.
"""

from typing import NoReturn

from scallion.errors import unknown_attribute
from scallion.ops import arrays, numerics, reductions, tensors

_FUNCTIONS = {
    **{name: getattr(arrays, name) for name in arrays.__all__},
    **arrays.NUMPY_FUNCTIONS,
    **{name: getattr(numerics, name) for name in numerics.__all__},
    **{name: getattr(tensors, name) for name in tensors.__all__},
    **{name: getattr(reductions, name) for name in reductions.__all__},
    **tensors.ACTIVATIONS,
}
globals().update(_FUNCTIONS)

ACTIVATION_NAMES = tuple(tensors.ACTIVATIONS)
"""The names of activation functions, which layers accept as `activation`, too."""

__all__ = sorted(_FUNCTIONS)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> NoReturn:
    raise unknown_attribute("scallion.ops", name, __all__)
