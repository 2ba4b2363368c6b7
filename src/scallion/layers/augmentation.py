"""Augmentation layers: random changes of training images.

They do nothing in prediction and evaluation. The random values follow from the run's seed (or the
layer's own), the step and the image's index in the batch: the same for any number of threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.layers.augmentation_arguments import (
    Factor,
    Range,
    checked_choice,
    checked_factor,
    checked_fill_value,
    checked_fraction_range,
    checked_value_range,
    refuse_boxes,
    symmetric_range,
)
from scallion.layers.base.argument_checks import (
    checked_float,
    checked_int,
    checked_seed,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, as_image_shape

FILL_MODES = ("constant", "nearest", "reflect", "wrap")
INTERPOLATIONS = ("bilinear", "nearest")
FLIPS = ("horizontal", "horizontal_and_vertical", "vertical")


@dataclass(frozen=True, slots=True, eq=False)
class AugmentationSpec(Spec):
    """The base of augmentations, which act only in training, on images (H, W, C)."""

    takes_single_image: ClassVar[bool] = True
    family: ClassVar[Family] = "dropout"
    training_by_default: ClassVar[bool] = True
    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    def output_shape(self, *shapes: Shape) -> Shape:
        return as_image_shape(shapes[0])


@dataclass(frozen=True, slots=True, eq=False)
class RandomFlipSpec(AugmentationSpec):
    """Flip each image with probability 1/2, along each axis of `mode` independently."""

    mode: str = "horizontal_and_vertical"
    seed: int | None = None

    @property
    def is_horizontal(self) -> bool:
        """True if images are flipped left to right."""
        return self.mode != "vertical"

    @property
    def is_vertical(self) -> bool:
        """True if images are flipped upside down."""
        return self.mode != "horizontal"


class RandomFlip(Layer):
    """Flip training images at random: left to right, upside down, or both.

    "horizontal_and_vertical" draws both independently, so there are four versions of an image.
    """

    spec: RandomFlipSpec

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(
            RandomFlipSpec(checked_choice("mode", mode, FLIPS), checked_seed(seed)), **options
        )


@dataclass(frozen=True, slots=True, eq=False)
class RandomCropSpec(AugmentationSpec):
    """Crop a window at a random position; in prediction, the center.

    >>> RandomCropSpec(24, 24).output_shape((28, 28, 1))
    (24, 24, 1)
    """

    height: int
    width: int
    seed: int | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.height, self.width, as_image_shape(shapes[0])[2])

    def is_drawn(self, shape: Shape) -> bool:
        """Return whether the position is random: the image (H, W, C) is larger on both axes.

        Other images are resized to the window, as in Keras.
        """
        return shape[0] > self.height and shape[1] > self.width


class RandomCrop(Layer):
    """Crop training images at random positions, and others at the center.

    An image that is not larger than the window on both axes is resized to it instead.
    """

    spec: RandomCropSpec

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        spec = RandomCropSpec(
            checked_int("height", height), checked_int("width", width), checked_seed(seed)
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomTranslationSpec(AugmentationSpec):
    """Shift each image by random fractions of its height and width."""

    height_factor: Factor
    width_factor: Factor
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0


class RandomTranslation(Layer):
    """Shift training images by a fraction of their size; 0.1 is up to a tenth either way.

    `interpolation="nearest"` shifts by whole pixels, which costs next to nothing.
    """

    spec: RandomTranslationSpec

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        spec = RandomTranslationSpec(
            checked_factor("height_factor", height_factor),
            checked_factor("width_factor", width_factor),
            checked_choice("fill_mode", fill_mode, FILL_MODES),
            checked_choice("interpolation", interpolation, INTERPOLATIONS),
            checked_seed(seed),
            checked_float("fill_value", fill_value),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomRotationSpec(AugmentationSpec):
    """Rotate each image around its center by a random fraction of a full turn."""

    factor: Range
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0


class RandomRotation(Layer):
    """Rotate training images; 0.1 is up to a tenth of a full turn either way."""

    spec: RandomRotationSpec

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        spec = RandomRotationSpec(
            symmetric_range(checked_factor("factor", factor)),
            checked_choice("fill_mode", fill_mode, FILL_MODES),
            checked_choice("interpolation", interpolation, INTERPOLATIONS),
            checked_seed(seed),
            checked_float("fill_value", fill_value),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomZoomSpec(AugmentationSpec):
    """Zoom each image around its center; a positive fraction zooms out, a negative one in."""

    height_factor: Factor
    width_factor: Factor | None = None
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0


class RandomZoom(Layer):
    """Zoom training images out (positive fractions) or in (negative ones).

    Without `width_factor`, the aspect ratio is kept.
    """

    spec: RandomZoomSpec

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        spec = RandomZoomSpec(
            checked_factor("height_factor", height_factor, above=-1.0),
            None
            if width_factor is None
            else checked_factor("width_factor", width_factor, above=-1.0),
            checked_choice("fill_mode", fill_mode, FILL_MODES),
            checked_choice("interpolation", interpolation, INTERPOLATIONS),
            checked_seed(seed),
            checked_float("fill_value", fill_value),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomContrastSpec(AugmentationSpec):
    """Scale the distance of each value from the mean of its channel by a random factor."""

    factor: Range
    value_range: Range = (0, 255)
    seed: int | None = None


class RandomContrast(Layer):
    """Change the contrast of training images: (x - mean) * factor + mean for each channel.

    The factor is drawn between 1 - factor and 1 + factor. Results are clipped to `value_range`.
    """

    spec: RandomContrastSpec

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_boxes("RandomContrast", options)
        spec = RandomContrastSpec(
            checked_fraction_range("factor", factor),
            checked_value_range(value_range),
            checked_seed(seed),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomBrightnessSpec(AugmentationSpec):
    """Add a random fraction of the range of values to each image."""

    factor: Range
    value_range: Range = (0, 255)
    seed: int | None = None


class RandomBrightness(Layer):
    """Add a fraction of `value_range` to training images, and clip them to it."""

    spec: RandomBrightnessSpec

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_boxes("RandomBrightness", options)
        low, high = sorted(checked_value_range(value_range))
        spec = RandomBrightnessSpec(
            symmetric_range(checked_factor("factor", factor)), (low, high), checked_seed(seed)
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomErasingSpec(AugmentationSpec):
    """Overwrite a random rectangle of each image with a value or with noise."""

    factor: Range
    scale: Range
    fill_value: float | tuple[float, ...] | None = None
    value_range: Range = (0, 255)
    seed: int | None = None


class RandomErasing(Layer):
    """Erase a rectangle of training images: random erasing, or cutout.

    `factor` is the probability (drawn up to it, or between two). `scale` is the square of each side
    of the rectangle as a fraction of the image's side, drawn for each side:
    `factor=(1, 1), scale=(0.06, 0.06)` erases a quarter by a quarter of every image. Without
    `fill_value`, the rectangle is filled with noise of the size of `value_range`.
    """

    spec: RandomErasingSpec

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: float | Sequence[float] | None = None,
        value_range: Range = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        spec = RandomErasingSpec(
            checked_fraction_range("factor", factor),
            checked_fraction_range("scale", scale),
            checked_fill_value(fill_value),
            checked_value_range(value_range),
            checked_seed(seed),
        )
        super().__init__(spec, **options)


__all__ = [
    "AugmentationSpec",
    "RandomBrightness",
    "RandomBrightnessSpec",
    "RandomContrast",
    "RandomContrastSpec",
    "RandomCrop",
    "RandomCropSpec",
    "RandomErasing",
    "RandomErasingSpec",
    "RandomFlip",
    "RandomFlipSpec",
    "RandomRotation",
    "RandomRotationSpec",
    "RandomTranslation",
    "RandomTranslationSpec",
    "RandomZoom",
    "RandomZoomSpec",
]
