"""Which changes of a picture keep its class: a policy that fits the data.

Small shifts, turns and changes of brightness hardly ever change what a picture shows. Mirroring
does, for digits and letters, so that it is left out there.
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
    """How far each picture may be changed at random, anew in each epoch.

    `flip` mirrors left and right; `shift` and `zoom` are shares of the side, `rotation` of a full
    turn, as Keras' layers take them; `brightness` and `contrast` are shares of their range.
    """

    flip: bool = False
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    def __bool__(self) -> bool:
        return self != Augmentation()

    def layers(self, top: float = 255.0) -> list[Layer]:
        """The same as Keras' layers, to stand before all others; pixels go from 0 to `top`."""
        reach = (0.0, top)
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
            found.append(layers.RandomBrightness(self.brightness, reach))
        if self.contrast:
            found.append(layers.RandomContrast(self.contrast, reach))
        return found

    def in_words(self) -> str:
        """What is changed, in half a sentence."""
        with session.fresh_names():
            return in_words(self.layers())


def changed(
    changes: Sequence[Layer], pixels: NDArray[np.uint8], *, seed: int = 0
) -> NDArray[np.uint8]:
    """Pictures (n, h, w, c) as a training step would see them behind these layers."""
    if not changes:
        return pixels
    with session.fresh_names():
        image = x = layers.Input(pixels.shape[1:])
        for layer in changes:
            x = layer(x)
        engine = engines.create(Model(image, x).graph)
    (seen,) = engine.forward((pixels,), np.arange(len(pixels)), training=True, seed=seed, step=0)
    return seen.round().clip(0, 255).astype(np.uint8)


def in_words(changes: Sequence[Layer]) -> str:
    """What layers change at random, in half a sentence.

    >>> in_words([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.08, 0.08)])
    'augmented: mirrored left and right, shifted by up to 8 %'
    """
    words = [_word(layer) for layer in changes]
    return f"augmented: {', '.join(words)}" if words else "not augmented"


def _word(layer: Layer) -> str:
    spec: Any = layer.spec
    match layer:
        case layers.RandomFlip():
            return _MIRRORED[spec.mode]
        case layers.RandomTranslation():
            most = max(_reach(spec.height_factor), _reach(spec.width_factor))
            return f"shifted by up to {100 * most:.0f} %"
        case layers.RandomZoom():
            return f"zoomed by up to {100 * _reach(spec.height_factor):.0f} %"
        case layers.RandomRotation():
            return f"turned by up to {360 * _reach(spec.factor):.0f} degrees"
        case layers.RandomBrightness():
            return f"up to {100 * _reach(spec.factor):.0f} % brighter or darker"
        case layers.RandomContrast():
            return f"up to {100 * _reach(spec.factor):.0f} % more or less contrast"
        case _:
            return type(layer).__name__


def _reach(factor: float | tuple[float, float]) -> float:
    return max(abs(end) for end in (factor if isinstance(factor, tuple) else (factor,)))


def choose_augmentation(
    strength: str, class_names: Sequence[str], *, flip: bool | None = None
) -> Augmentation:
    """What fits these classes: `none`, `light` or `strong`; digits and letters are not mirrored.

    >>> (
    ...     choose_augmentation("light", ["cat", "dog"]).flip,
    ...     choose_augmentation("light", ["0", "1"]).flip,
    ... )
    (True, False)

    Raises UnknownNameError.
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
    """Whether the classes are digits or letters, which a mirror changes.

    >>> (
    ...     are_characters(["0 - zero", "1 - one"]),
    ...     are_characters(["a", "b"]),
    ...     are_characters(["ship", "truck"]),
    ... )
    (True, True, False)
    """
    words = [re.sub(r"^(digit|letter|number)[ _-]*", "", name.lower()) for name in class_names]
    return all(_is_written(word.split()[0] if word.split() else "") for word in words)


def _is_written(word: str) -> bool:
    return (len(word) == 1 and word.isalnum()) or word.isdigit() or word in _DIGITS
