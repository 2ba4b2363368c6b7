"""Change images at random as `tf.image` does: one draw per call, but flips per image of a batch.

The `stateless_` functions take a seed, a pair of integers, and give the same result each time.
TensorFlow's generator is another one: its draws are not reproduced.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from scallion import session
from scallion.compat.tensorflow_functions import colors, resizing
from scallion.eager_array import eager
from scallion.errors import ArgumentError, ShapeError

Generator = np.random.Generator


def _flip(axis: int) -> Callable[..., Any]:
    def flip(random: Generator, image: Any) -> Any:
        array = resizing.as_images(image)
        chosen = random.random((*array.shape[:-3], 1, 1, 1)) < 0.5
        return eager(np.where(chosen, np.flip(array, axis), array))

    return flip


def _brightness(random: Generator, image: Any, max_delta: float) -> Any:
    _require(float(max_delta) >= 0, "`max_delta` is at least 0", max_delta, "max_delta=0.1")
    return colors.adjust_brightness(image, random.uniform(-max_delta, max_delta))


def _contrast(random: Generator, image: Any, lower: float, upper: float) -> Any:
    _require_range(lower, upper)
    return colors.adjust_contrast(image, random.uniform(lower, upper))


def _saturation(random: Generator, image: Any, lower: float, upper: float) -> Any:
    _require_range(lower, upper)
    return colors.adjust_saturation(image, random.uniform(lower, upper))


def _hue(random: Generator, image: Any, max_delta: float) -> Any:
    _require(0 <= float(max_delta) <= 0.5, "`max_delta` is 0 to 0.5", max_delta, "max_delta=0.1")
    return colors.adjust_hue(image, random.uniform(-max_delta, max_delta))


def _crop(random: Generator, value: Any, size: Any) -> Any:
    array = np.asarray(value)
    sides = [int(side) for side in np.ravel(size)]
    if len(sides) != array.ndim or any(s > own for s, own in zip(sides, array.shape, strict=True)):
        raise ShapeError(
            f"`size` has one side per axis of {array.shape}, and none is larger. "
            f"Received: size={sides}",
            hint=f"size={[*array.shape]}",
        )
    starts = [int(random.integers(own - s + 1)) for s, own in zip(sides, array.shape, strict=True)]
    return eager(array[tuple(slice(a, a + s) for a, s in zip(starts, sides, strict=True))])


_FUNCTIONS = {
    "random_brightness": _brightness,
    "random_contrast": _contrast,
    "random_crop": _crop,
    "random_flip_left_right": _flip(-2),
    "random_flip_up_down": _flip(-3),
    "random_hue": _hue,
    "random_saturation": _saturation,
}


def _seeded(function: Callable[..., Any]) -> Callable[..., Any]:
    def drawn(*arguments: Any, seed: Any = None, name: Any = None, **options: Any) -> Any:  # noqa: ARG001 (TensorFlow has it)
        own = session.next_seed() if seed is None else int(seed)
        return function(np.random.default_rng(own), *arguments, **options)

    return drawn


def _stateless(function: Callable[..., Any]) -> Callable[..., Any]:
    def drawn(*arguments: Any, seed: Any = None, name: Any = None, **options: Any) -> Any:  # noqa: ARG001 (TensorFlow has it)
        pair = arguments[-1] if seed is None else seed
        values = arguments[:-1] if seed is None else arguments
        numbers = [int(one) & 0xFFFFFFFF for one in np.ravel(np.asarray(pair))]
        return function(np.random.default_rng(numbers), *values, **options)

    return drawn


def _require(holds: bool, text: str, value: Any, hint: str) -> None:
    if not holds:
        raise ArgumentError(f"{text}. Received: {value!r}", hint=hint)


def _require_range(lower: float, upper: float) -> None:
    _require(0 <= float(lower) < float(upper), "0 <= lower < upper", (lower, upper), "0.8, 1.2")


FUNCTIONS = {
    **{name: _seeded(function) for name, function in _FUNCTIONS.items()},
    **{f"stateless_{name}": _stateless(function) for name, function in _FUNCTIONS.items()},
}
"""The functions by their names in `tf.image`."""
