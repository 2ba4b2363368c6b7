"""Which changes of a picture keep its class: a policy that fits the data.

Small shifts, turns and changes of brightness hardly ever change what a picture shows. Mirroring
does, for digits and letters, so that it is left out there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scallion import layers
from scallion.errors import UnknownNameError
from scallion.layers import Layer

Strength = Literal["none", "light", "strong"]
STRENGTHS: tuple[Strength, ...] = ("none", "light", "strong")

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

    def apply(self, pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
        """One picture (h, w, c), changed as a training would: to be looked at."""
        image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        if self.flip and random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image = self._moved(image, random)
        values = np.asarray(image, np.float32).reshape(pixels.shape)
        values = values + 255 * random.uniform(-self.brightness, self.brightness)
        mean = values.mean(axis=(0, 1))
        values = (values - mean) * (1 + random.uniform(-self.contrast, self.contrast)) + mean
        return values.round().clip(0, 255).astype(np.uint8)

    def _moved(self, image: Image.Image, random: np.random.Generator) -> Image.Image:
        """Turned, enlarged and shifted at once; what comes in from outside is the nearest pixel."""
        if not (self.shift or self.rotation or self.zoom):
            return image
        width, height = image.size
        angle = 2 * np.pi * random.uniform(-self.rotation, self.rotation)
        scale = 1 + random.uniform(-self.zoom, self.zoom)
        dx, dy = random.uniform(-self.shift, self.shift, 2) * (width, height)
        cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
        cx, cy = width / 2, height / 2
        # Padded with its own border, so that no black corners teach anything.
        pad = max(width, height) // 2
        padded = np.pad(
            np.asarray(image), [(pad, pad), (pad, pad), (0, 0)][: np.asarray(image).ndim], "edge"
        )
        matrix = (
            cos, sin, cx - dx - cos * cx - sin * cy + pad,
            -sin, cos, cy - dy + sin * cx - cos * cy + pad,
        )  # fmt: skip
        return Image.fromarray(padded).transform(
            image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )

    def in_words(self) -> str:
        """What is changed, in half a sentence."""
        words = ["mirrored left and right"] if self.flip else []
        words += [
            f"{what} by up to {share:.0%}".replace("%", " %")
            for what, share in (("shifted", self.shift), ("zoomed", self.zoom))
            if share
        ]
        if self.rotation:
            words.append(f"turned by up to {360 * self.rotation:.0f} degrees")
        if self.brightness:
            words.append(f"up to {100 * self.brightness:.0f} % brighter or darker")
        return f"augmented: {', '.join(words)}" if words else "not augmented"


def policy(strength: str, class_names: Sequence[str], *, flip: bool | None = None) -> Augmentation:
    """What fits these classes: `none`, `light` or `strong`; digits and letters are not mirrored.

    >>> policy("light", ["cat", "dog"]).flip, policy("light", ["0", "1"]).flip
    (True, False)

    Raises UnknownNameError.
    """
    if strength not in STRENGTHS:
        raise UnknownNameError("augmentation", strength, STRENGTHS)
    if strength == "none":
        return Augmentation(flip=bool(flip))
    mirrored = not written(class_names) if flip is None else flip
    if strength == "light":
        return Augmentation(flip=mirrored, shift=0.08)
    return Augmentation(mirrored, 0.12, 0.03, 0.12, 0.15, 0.15)


def written(class_names: Sequence[str]) -> bool:
    """Whether the classes are digits or letters, which a mirror changes.

    >>> written(["0 - zero", "1 - one"]), written(["a", "b"]), written(["ship", "truck"])
    (True, True, False)
    """
    words = [re.sub(r"^(digit|letter|number)[ _-]*", "", name.lower()) for name in class_names]
    return all(_is_written(word.split()[0] if word.split() else "") for word in words)


def _is_written(word: str) -> bool:
    return (len(word) == 1 and word.isalnum()) or word.isdigit() or word in _DIGITS
