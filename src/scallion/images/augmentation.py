"""Choose random augmentations that keep an image's class.

Small shifts, rotations and changes of brightness hardly ever change what an image shows. Mirroring
does, for digits and letters, so it is left out there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scallion import engine as engines
from scallion import layers, session
from scallion.errors import UnknownNameError
from scallion.layers import Layer
from scallion.models import Model

Strength = Literal["none", "light", "strong"]
STRENGTHS: tuple[Strength, ...] = ("none", "light", "strong")

_MIRRORED = {
    "horizontal": "mirrored left and right",
    "vertical": "mirrored above and below",
    "horizontal_and_vertical": "mirrored both ways",
}
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The largest random change of a training image; each epoch draws new ones.

    `flip` mirrors left and right; `shift` and `zoom` are fractions of the side, `rotation` of a
    full turn, as Keras' layers take them; `brightness` and `contrast` are fractions of their range.
    """

    flip: bool = False
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    def __bool__(self) -> bool:
        return self != Augmentation()

    def layers(self, max_value: float = 255.0) -> list[Layer]:
        """Return Keras' layers that do this, to put first; pixels range from 0 to `max_value`."""
        value_range = (0.0, max_value)
        found: list[Layer] = []
        if self.flip:
            found.append(layers.RandomFlip("horizontal"))
        if self.shift:
            found.append(layers.RandomTranslation(self.shift, self.shift, fill_mode="nearest"))
        if self.rotation:
            found.append(layers.RandomRotation(self.rotation, fill_mode="nearest"))
        if self.zoom:
            found.append(layers.RandomZoom(self.zoom, fill_mode="nearest"))
        if self.brightness:
            found.append(layers.RandomBrightness(self.brightness, value_range))
        if self.contrast:
            found.append(layers.RandomContrast(self.contrast, value_range))
        return found

    def describe(self) -> str:
        """Return in words how images are changed."""
        with session.fresh_names():
            return describe_layers(self.layers())


def choose_augmentation(
    strength: str, class_names: Sequence[str], *, flip: bool | None = None
) -> Augmentation:
    """Choose an augmentation for these classes: `none`, `light` or `strong`.

    Unless `flip` is given, images are mirrored except those of digits and letters. Raises
    UnknownNameError.

    >>> choose_augmentation("light", ["cat", "dog"]).flip
    True
    """
    if strength not in STRENGTHS:
        raise UnknownNameError("augmentation", strength, STRENGTHS)
    if strength == "none":
        return Augmentation(flip=bool(flip))
    mirrored = not are_characters(class_names) if flip is None else flip
    if strength == "light":
        return Augmentation(flip=mirrored, shift=0.08)
    return Augmentation(mirrored, 0.12, 0.03, 0.12, 0.15, 0.15)


def are_characters(class_names: Sequence[str]) -> bool:
    """Return whether all classes are digits or letters, which mirroring changes.

    >>> are_characters(["0 - zero", "1 - one"]), are_characters(["ship", "truck"])
    (True, False)
    """
    words = [re.sub(r"^(digit|letter|number)[ _-]*", "", name.lower()) for name in class_names]
    return all(_is_character(word.split()[0] if word.split() else "") for word in words)


def augment_images(
    augmentation: Sequence[Layer], pixels: NDArray[np.uint8], *, seed: int = 0
) -> NDArray[np.uint8]:
    """Apply augmentation layers as in training: uint8 (n, h, w, c) to the same shape."""
    if not augmentation:
        return pixels
    with session.fresh_names():
        image = x = layers.Input(pixels.shape[1:])
        for layer in augmentation:
            x = layer(x)
        engine = engines.create(Model(image, x).graph)
    indices = np.arange(len(pixels))
    (output,) = engine.forward((pixels,), indices, training=True, seed=seed, step=0)
    return output.round().clip(0, 255).astype(np.uint8)


def describe_layers(augmentation: Sequence[Layer]) -> str:
    """Return in words what augmentation layers change.

    >>> describe_layers([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.08, 0.08)])
    'augmented: mirrored left and right, shifted by up to 8 %'
    """
    words = [_describe(layer) for layer in augmentation]
    return f"augmented: {', '.join(words)}" if words else "not augmented"


def _describe(layer: Layer) -> str:
    spec: Any = layer.spec
    match layer:
        case layers.RandomFlip():
            return _MIRRORED[spec.mode]
        case layers.RandomTranslation():
            most = max(_largest(spec.height_factor), _largest(spec.width_factor))
            return f"shifted by up to {100 * most:.0f} %"
        case layers.RandomZoom():
            return f"zoomed by up to {100 * _largest(spec.height_factor):.0f} %"
        case layers.RandomRotation():
            return f"rotated by up to {360 * _largest(spec.factor):.0f} degrees"
        case layers.RandomBrightness():
            return f"up to {100 * _largest(spec.factor):.0f} % brighter or darker"
        case layers.RandomContrast():
            return f"up to {100 * _largest(spec.factor):.0f} % more or less contrast"
        case _:
            return type(layer).__name__


def _largest(factor: float | tuple[float, float]) -> float:
    return max(abs(end) for end in (factor if isinstance(factor, tuple) else (factor,)))


def _is_character(word: str) -> bool:
    return (len(word) == 1 and word.isalnum()) or word.isdigit() or word in _DIGITS
