"""Layers that change training images a little, each in its own way, so that none is seen twice.

At prediction and evaluation they do nothing. What they draw is a function of the run's seed (or the
layer's own), the step, and the image's place in the batch: the same for any number of threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack, cast

import numpy as np

from scallion.errors import ArgumentError
from scallion.layers.argument_checks import (
    checked_float,
    checked_int,
    checked_seed,
    refuse_arguments,
    require_channels_last,
)
from scallion.layers.layer import Layer, LayerOptions
from scallion.layers.spec import Pair, Shape, Spec, as_image_shape

Range = tuple[float, float]
Factor = float | Range

FILL_MODES = ("constant", "nearest", "reflect", "wrap")
INTERPOLATIONS = ("bilinear", "nearest")
FLIPS = ("horizontal", "horizontal_and_vertical", "vertical")


@dataclass(frozen=True, slots=True, eq=False)
class AugmentationSpec(Spec):
    """The base of what is done in training alone, to images (H, W, C)."""

    training: ClassVar[bool] = True
    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    def output_shape(self, *shapes: Shape) -> Shape:
        return as_image_shape(shapes[0])


@dataclass(frozen=True, slots=True, eq=False)
class RandomFlipSpec(AugmentationSpec):
    """Mirrored or not, each with the same chance; along two axes independently."""

    mode: str = "horizontal_and_vertical"
    seed: int | None = None

    @property
    def is_horizontal(self) -> bool:
        return self.mode != "vertical"

    @property
    def is_vertical(self) -> bool:
        return self.mode != "horizontal"


class RandomFlip(Layer):
    """In training, mirrors each image or not: left and right, above and below, or both.

    With "horizontal_and_vertical" the two are drawn independently, so four images come of one.
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
            RandomFlipSpec(_one_of("mode", mode, FLIPS), checked_seed(seed)), **options
        )


@dataclass(frozen=True, slots=True, eq=False)
class RandomCropSpec(AugmentationSpec):
    """A window of this size from anywhere in the image; from its middle at prediction.

    >>> RandomCropSpec(24, 24).output_shape((28, 28, 1))
    (24, 24, 1)
    """

    height: int
    width: int
    seed: int | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.height, self.width, as_image_shape(shapes[0])[2])

    def is_drawn(self, shape: Shape) -> bool:
        """Whether the image is larger both ways; a smaller one is stretched, as Keras does it."""
        return shape[0] > self.height and shape[1] > self.width


class RandomCrop(Layer):
    """In training, a window from anywhere in each image, else the one in the middle.

    An image that is not larger than the window both ways is brought to its size instead.
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
    """Shifted by shares of height and width."""

    height_factor: Factor
    width_factor: Factor
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0


class RandomTranslation(Layer):
    """In training, shifts each image by a share of its size; 0.1 is up to a tenth either way.

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
            _factor("height_factor", height_factor),
            _factor("width_factor", width_factor),
            _one_of("fill_mode", fill_mode, FILL_MODES),
            _one_of("interpolation", interpolation, INTERPOLATIONS),
            checked_seed(seed),
            checked_float("fill_value", fill_value),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomRotationSpec(AugmentationSpec):
    """Turned around the middle by a share of a full turn."""

    factor: Range
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0


class RandomRotation(Layer):
    """In training, turns each image; 0.1 is up to a tenth of a full turn either way."""

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
            around_zero(_factor("factor", factor)),
            _one_of("fill_mode", fill_mode, FILL_MODES),
            _one_of("interpolation", interpolation, INTERPOLATIONS),
            checked_seed(seed),
            checked_float("fill_value", fill_value),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomZoomSpec(AugmentationSpec):
    """Larger or smaller around the middle; a positive share shows more of what lies outside."""

    height_factor: Factor
    width_factor: Factor | None = None
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0


class RandomZoom(Layer):
    """In training, zooms out of each image (positive shares) or into it (negative ones).

    Without `width_factor`, height and width change alike.
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
        is_alike = width_factor is None
        spec = RandomZoomSpec(
            _factor("height_factor", height_factor, above=-1.0),
            None if is_alike else _factor("width_factor", width_factor, above=-1.0),
            _one_of("fill_mode", fill_mode, FILL_MODES),
            _one_of("interpolation", interpolation, INTERPOLATIONS),
            checked_seed(seed),
            checked_float("fill_value", fill_value),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomContrastSpec(AugmentationSpec):
    """Nearer to each channel's mean, or further from it."""

    factor: Range
    value_range: Range = (0, 255)
    seed: int | None = None


class RandomContrast(Layer):
    """In training, (x - mean) * factor + mean for each channel of each image.

    The factor lies between 1 - factor and 1 + factor; what leaves `value_range` is cut.
    """

    spec: RandomContrastSpec

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        _no_boxes("RandomContrast", options)
        spec = RandomContrastSpec(
            _share("factor", factor), _values(value_range), checked_seed(seed)
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomBrightnessSpec(AugmentationSpec):
    """Lighter or darker by a share of the range of values."""

    factor: Range
    value_range: Range = (0, 255)
    seed: int | None = None


class RandomBrightness(Layer):
    """In training, adds a share of `value_range` to each image; what leaves the range is cut."""

    spec: RandomBrightnessSpec

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        _no_boxes("RandomBrightness", options)
        low, high = sorted(_values(value_range))
        spec = RandomBrightnessSpec(
            around_zero(_factor("factor", factor)), (low, high), checked_seed(seed)
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class RandomErasingSpec(AugmentationSpec):
    """A rectangle overwritten, with numbers or with noise."""

    factor: Range
    scale: Range
    fill_value: float | tuple[float, ...] | None = None
    value_range: Range = (0, 255)
    seed: int | None = None


class RandomErasing(Layer):
    """In training, overwrites a rectangle of each image: cutout.

    `factor` is the chance (drawn up to it, or between two); `scale` the square of the rectangle's
    sides as shares of the image's, each drawn by itself: `factor=(1, 1), scale=(0.06, 0.06)` cuts a
    quarter by a quarter out of every image. Without `fill_value` the rectangle is filled with noise
    as large as `value_range`.
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
            _share("factor", factor),
            _share("scale", scale),
            _filling(fill_value),
            _values(value_range),
            checked_seed(seed),
        )
        super().__init__(spec, **options)


def around_zero(factor: Factor) -> Range:
    """The range that a factor stands for: one number is a limit either way.

    >>> around_zero(0.2), around_zero((0.3, -0.1))
    ((-0.2, 0.2), (-0.1, 0.3))
    """
    if isinstance(factor, tuple):
        low, high = sorted(factor)
        return (low, high)
    return (-abs(factor), abs(factor))


def _factor(name: str, value: Any, above: float | None = None) -> Factor:
    """One number or two, each from -1 to 1; with `above`, none that is not above it."""
    given = _numbers(value)
    lowest = -1.0 if above is None else above
    fits = given is not None and all(lowest <= one <= 1.0 for one in given)
    if given is None or not fits or (above is not None and above in given):
        start = "from -1" if above is None else f"above {above:g}"
        raise ArgumentError(
            f"`{name}` is a number {start} up to 1, or two of them. Received: {name}={value!r}",
            hint=f"{name}=0.1 or {name}=(-0.1, 0.2)",
        )
    return given[0] if len(given) == 1 else (given[0], given[1])


def _share(name: str, value: Any) -> Range:
    """A range from 0 to 1; one number is its upper end."""
    given = _numbers(value)
    if given is None or not all(0 <= one <= 1 for one in given):
        raise ArgumentError(
            f"`{name}` is a number from 0 to 1, or two of them. Received: {name}={value!r}",
            hint=f"{name}=0.2 or {name}=(0.1, 0.3)",
        )
    low, high = sorted(given) if len(given) == 2 else (0, given[0])
    return (low, high)


def _values(value_range: Any) -> Range:
    given = _numbers(value_range)
    if given is None or len(given) != 2:
        raise ArgumentError(
            f"`value_range` holds two numbers. Received: value_range={value_range!r}",
            hint="value_range=(0, 255), or (0, 1) behind a Rescaling(1 / 255)",
        )
    return (given[0], given[1])


def _filling(fill_value: Any) -> float | tuple[float, ...] | None:
    if fill_value is None:
        return None
    given = _listed(fill_value)
    if len(given) not in (1, 3) or not all(map(_is_number, given)):
        raise ArgumentError(
            "`fill_value` is a number, three of them for colours, or None for noise. "
            f"Received: fill_value={fill_value!r}",
            hint="fill_value=0.0",
        )
    return cast("float", given[0]) if len(given) == 1 else tuple(given)


def _numbers(value: Any) -> list[float] | None:
    """One or two numbers as a list, else None."""
    given = _listed(value)
    wanted = 2 if isinstance(value, tuple | list) else 1
    return given if len(given) == wanted and all(map(_is_number, given)) else None


def _listed(value: Any) -> list[Any]:
    return list(cast("Sequence[Any]", value)) if isinstance(value, tuple | list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ArgumentError(
            f"`{name}` is one of {', '.join(map(repr, known))}. Received: {name}={value!r}",
            hint=f"{name}={known[0]!r}",
        )
    return cast("str", value)


def _no_boxes(kind: str, options: Any) -> None:
    """These two take Keras' `data_format` among their other options."""
    require_channels_last(options.pop("data_format", None))
    refuse_arguments(kind, bounding_box_format=options.pop("bounding_box_format", None))


__all__ = [
    "AugmentationSpec",
    "Pair",
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
