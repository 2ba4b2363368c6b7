"""Layers that bring all images to one size and their numbers to one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Unpack, cast

import numpy as np

from scallion import initializers
from scallion.errors import ArgumentError, ShapeError, StateError, UnsupportedError
from scallion.layers.argument_checks import (
    checked_float,
    checked_int,
    is_integer,
    require_channels_last,
)
from scallion.layers.layer import Layer, LayerOptions
from scallion.layers.spec import Shape, Spec, WeightSpec, as_image_shape

Numbers = float | tuple[Any, ...]

INTERPOLATIONS = ("bilinear", "nearest")


@dataclass(frozen=True, slots=True, eq=False)
class NormalizationSpec(Spec):
    """(x - mean) / sqrt(variance), with one mean for each place along the axes that are kept.

    Axes count with the batch as axis 0, as in Keras; without any there is one mean for all.
    """

    axis: tuple[int, ...] = (-1,)
    invert: bool = False
    mean: Numbers | None = None
    variance: Numbers | None = None

    def kept(self, shape: Shape) -> tuple[int, ...]:
        """The axes of the image that are kept, counted without the batch, in order."""
        rank = len(shape) + 1
        for axis in self.axis:
            if not -rank <= axis < rank or axis % rank == 0:
                raise ShapeError(
                    f"the input has the axes 1 to {rank - 1} after the batch. "
                    f"Received: axis={self.axis}",
                    hint="axis=-1",
                )
        return tuple(sorted(axis % rank - 1 for axis in self.axis))

    def output_shape(self, *shapes: Shape) -> Shape:
        self.given(shapes[0])
        return shapes[0]

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        if self.mean is not None:
            return ()
        shape = tuple(shapes[0][axis] for axis in self.kept(shapes[0]))
        zeros, ones = initializers.Zeros(), initializers.Ones()
        return (
            WeightSpec("mean", shape, zeros, trainable=False),
            WeightSpec("variance", shape, ones, trainable=False),
            WeightSpec("count", (), zeros, trainable=False),
        )

    def given(self, shape: Shape) -> tuple[np.ndarray, ...]:
        """The mean and variance of the arguments, one for each place; nothing without them."""
        kept = tuple(shape[axis] for axis in self.kept(shape))
        arrays: list[np.ndarray] = []
        for name in ("mean", "variance") if self.mean is not None else ():
            array = np.asarray(getattr(self, name), np.float32)
            try:
                arrays.append(np.array(np.broadcast_to(array, kept)))
            except ValueError:
                raise ShapeError(
                    f"`{name}` has one number for each place along axis={self.axis}: {kept}. "
                    f"Received: shape {array.shape}",
                    hint="axis=-1 and one number a channel, or one number for all",
                ) from None
        return tuple(arrays)


class Normalization(Layer):
    """Brings numbers to mean 0 and variance 1: `adapt(images)` measures them, or they are given.

    `axis=-1` is one mean a channel, `axis=None` one for all; `invert=True` is the way back.
    """

    spec: NormalizationSpec

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        axes = () if axis is None else (axis,) if is_integer(axis, least=-9) else axis
        if not isinstance(axes, tuple | list) or not all(is_integer(one, least=-9) for one in axes):
            raise ArgumentError(
                f"`axis` is a whole number, several, or None. Received: axis={axis!r}",
                hint="axis=-1",
            )
        sides = tuple(int(cast("int", one)) for one in axes)
        _check_given(mean, variance, len(sides))
        super().__init__(
            NormalizationSpec(sides, bool(invert), _plain(mean), _plain(variance)), **options
        )

    def adapt(self, data: Any) -> None:
        """Measure mean and variance of images (n, ...), of any number type, piece by piece.

        Raises StateError where they were given, ShapeError for images of another shape.
        """
        if self.spec.mean is not None:
            raise StateError(
                f"layer {self.name!r} was given its mean and variance, so it has none to measure",
                hint="Normalization() without them",
            )
        array: np.ndarray = np.asanyarray(data)
        if array.ndim == 1:
            array = array[:, None]
        if not self.built:
            self.build((None, *array.shape[1:]))
        mean, variance = moments(array, self.spec.kept(array.shape[1:]))
        wanted = self._weights[0].shape
        if mean.shape != wanted:
            raise ShapeError(
                f"layer {self.name!r} holds means of the shape {wanted}. "
                f"Received: images of {array.shape[1:]}",
                hint="adapt it to images of the shape that it was built for",
            )
        self._weights[0].assign(mean)
        self._weights[1].assign(variance)


def moments(images: np.ndarray, kept: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance over the batch and all axes but the kept ones, in float64.

    Images are taken a few at a time, so that a memory-mapped array need not fit in memory.
    """
    axes = tuple(axis + 1 for axis in range(images.ndim - 1) if axis not in kept)
    over = (0, *axes)
    count = prod(images.shape[axis] for axis in over)
    mean = sum(part.sum(axis=over) for part in _parts(images)) / count
    apart = np.expand_dims(mean, over)
    squares = sum(np.square(part - apart).sum(axis=over) for part in _parts(images))
    return np.asarray(mean), np.asarray(squares / count)


def _parts(images: np.ndarray) -> Any:
    """A few megabytes of float64 at a time."""
    rows = max(1, 2**19 // max(1, prod(images.shape[1:])))
    return (images[at : at + rows].astype(np.float64) for at in range(0, len(images), rows))


def _check_given(mean: Any, variance: Any, axes: int) -> None:
    if (mean is None) != (variance is None):
        raise ArgumentError(
            "`mean` and `variance` are given together. "
            f"Received: mean={mean!r}, variance={variance!r}",
            hint="Normalization(mean=0.5, variance=0.25), or neither and adapt(images)",
        )
    for name, value in (("mean", mean), ("variance", variance)):
        if value is not None and not _is_numbers(value):
            raise ArgumentError(
                f"`{name}` is a number, or an array of them. Received: {name}={value!r:.60}",
                hint=f"{name}=0.5",
            )
    shape = np.shape(mean) if mean is not None else ()
    if mean is not None and (shape != np.shape(variance) or len(shape) > axes):
        raise ArgumentError(
            "`mean` and `variance` have one shape, with no more axes than `axis` names. "
            f"Received: shapes {shape} and {np.shape(variance)} for {axes} axes",
            hint="one number a channel for axis=-1, or one number for all",
        )


def _is_numbers(value: Any) -> bool:
    """Whether float32 can hold it: no text, no objects, no list of unlike lengths."""
    try:
        return np.asarray(value).dtype.kind in "iuf"
    except (ValueError, TypeError):
        return False


def _plain(value: Any) -> Numbers | None:
    """Numbers as the config holds them: Python's own, in tuples."""
    return None if value is None else _tuples(np.asarray(value).tolist())


def _tuples(listed: Any) -> Numbers:
    if not isinstance(listed, list):
        return cast("float", listed)
    return tuple(_tuples(one) for one in cast("list[Any]", listed))


@dataclass(frozen=True, slots=True, eq=False)
class ResizingSpec(Spec):
    """Another height and width: (H, W, C) -> (height, width, C).

    >>> ResizingSpec(8, 4).output_shape((28, 20, 3))
    (8, 4, 3)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {
        "fill_mode": "constant",
        "data_format": "channels_last",
    }

    height: int
    width: int
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_value: float = 0.0
    antialias: bool = False

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.height, self.width, as_image_shape(shapes[0])[2])


class Resizing(Layer):
    """Brings images to a size; on request with their proportions kept, cropped or padded."""

    spec: ResizingSpec

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        if interpolation not in INTERPOLATIONS:
            raise UnsupportedError(
                "images are resized by 'bilinear' or 'nearest'. "
                f"Received: interpolation={interpolation!r}",
                hint='interpolation="bilinear"',
            )
        if fill_mode != "constant":
            raise UnsupportedError(
                f"what is padded has one value. Received: fill_mode={fill_mode!r}",
                hint="leave out fill_mode",
            )
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ArgumentError(
                "an image is cropped or padded, not both. Received: "
                f"crop_to_aspect_ratio={crop_to_aspect_ratio!r}, "
                f"pad_to_aspect_ratio={pad_to_aspect_ratio!r}",
                hint="crop_to_aspect_ratio=True alone",
            )
        spec = ResizingSpec(
            checked_int("height", height),
            checked_int("width", width),
            interpolation,
            bool(crop_to_aspect_ratio),
            bool(pad_to_aspect_ratio),
            checked_float("fill_value", fill_value),
            bool(antialias),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class CenterCropSpec(Spec):
    """The middle of the image.

    >>> CenterCropSpec(24, 20).output_shape((28, 28, 1))
    (24, 20, 1)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    height: int
    width: int

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.height, self.width, as_image_shape(shapes[0])[2])


class CenterCrop(Layer):
    """The middle of the image; a smaller image is cropped to the proportions and enlarged."""

    spec: CenterCropSpec

    def __init__(
        self,
        height: int,
        width: int,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(
            CenterCropSpec(checked_int("height", height), checked_int("width", width)), **options
        )


__all__ = [
    "CenterCrop",
    "CenterCropSpec",
    "Normalization",
    "NormalizationSpec",
    "Resizing",
    "ResizingSpec",
    "moments",
]
