"""Preprocessing layers: normalization, resizing and center crop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack, cast

import numpy as np

from scallion import initializers
from scallion.errors import ArgumentError, DataError, ShapeError, StateError, UnsupportedError
from scallion.layers.base.argument_checks import (
    checked_float,
    checked_int,
    is_integer,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.moments import RunningMoments, image_batches
from scallion.layers.base.spec import Family, Shape, Spec, WeightSpec, as_image_shape

Moments = float | tuple[Any, ...]

_LARGEST_ADAPTED = 1e19  # float32 holds its square

INTERPOLATIONS = ("bicubic", "bilinear", "nearest")


@dataclass(frozen=True, slots=True, eq=False)
class NormalizationSpec(Spec):
    """Compute (x - mean) / sqrt(variance), with one mean and variance per index of `axis`.

    Axes count the batch as axis 0, as in Keras; without axes there is one mean for all values.
    `invert` computes x * sqrt(variance) + mean.
    """

    family: ClassVar[Family] = "normalization"

    axis: tuple[int, ...] = (-1,)
    invert: bool = False
    mean: Moments | None = None
    variance: Moments | None = None

    def kept_axes(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes with moments of their own, counted without the batch, in order.

        Raises ShapeError if the input lacks one of them.
        """
        rank = len(shape) + 1
        for axis in self.axis:
            if not -rank <= axis < rank or axis % rank == 0:
                raise ShapeError(
                    f"the input has the axes 1 to {rank - 1} after the batch. "
                    f"Received: axis={self.axis}",
                    hint="axis=-1",
                    field="axis",
                    value=self.axis,
                )
        return tuple(sorted(axis % rank - 1 for axis in self.axis))

    def output_shape(self, *shapes: Shape) -> Shape:
        self.given_moments(shapes[0])
        return shapes[0]

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        if self.mean is not None:
            return ()
        shape = tuple(shapes[0][axis] for axis in self.kept_axes(shapes[0]))
        zeros, ones = initializers.Zeros(), initializers.Ones()
        return (
            WeightSpec("mean", shape, zeros, trainable=False),
            WeightSpec("variance", shape, ones, trainable=False),
            WeightSpec("count", (), zeros, trainable=False),
        )

    def given_moments(self, shape: Shape) -> tuple[np.ndarray, ...]:
        """Return the mean and variance given as arguments, shaped like the kept axes, or ().

        Raises ShapeError if they do not fit.
        """
        kept = tuple(shape[axis] for axis in self.kept_axes(shape))
        arrays: list[np.ndarray] = []
        for name in ("mean", "variance") if self.mean is not None else ():
            array = np.asarray(getattr(self, name), np.float32)
            try:
                arrays.append(np.array(np.broadcast_to(array, kept)))
            except ValueError:
                raise ShapeError(
                    f"`{name}` must have one value per index along axis={self.axis}: {kept}. "
                    f"Received: shape {array.shape}",
                    hint="axis=-1 and one value per channel, or one value for all",
                    field=name,
                    value=array,
                ) from None
        return tuple(arrays)


class Normalization(Layer):
    """Shift and scale values to mean 0 and variance 1, as measured by `adapt(images)` or given.

    `axis=-1` uses one mean per channel, `axis=None` one for all values; `invert=True` reverses it.
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
                f"`axis` must be an integer, several, or None. Received: axis={axis!r}",
                hint="axis=-1",
                field="axis",
                value=axis,
            )
        sides = tuple(int(cast("int", one)) for one in axes)
        _check_given(mean, variance, len(sides))
        super().__init__(
            NormalizationSpec(sides, bool(invert), _as_tuples(mean), _as_tuples(variance)),
            **options,
        )

    def adapt(self, data: Any) -> None:
        """Measure the mean and variance of images (n, ...) of any number type.

        `data` is an array, or a data set, PyDataset or generator of batches, which is read once.

        Raises StateError if they were given as arguments, ShapeError for images of another shape.
        """
        if self.spec.mean is not None:
            raise StateError(
                f"layer {self.name!r} was given its mean and variance, so it does not measure them",
                hint="Normalization() without them",
                layer=self.name,
            )
        measured: RunningMoments | None = None
        for images in image_batches(data):
            shape = images.shape[1:]
            if not self.built:
                self.build((None, *shape))
            kept = self.spec.kept_axes(shape)
            sides = tuple(shape[axis] for axis in kept)
            if sides != self._weights[0].shape:
                raise self._other_shape(images)
            _check_finite(images, self.name)
            measured = measured or RunningMoments(shape, kept)
            measured.add(images)
        if measured is not None:
            self._weights[0].assign(measured.mean)
            self._weights[1].assign(measured.variance)

    def _other_shape(self, images: np.ndarray) -> ShapeError:
        return ShapeError(
            f"layer {self.name!r} has means of the shape {self._weights[0].shape}. "
            f"Received: images of {images.shape[1:]}",
            hint="adapt it to images of the shape that it was built for",
            layer=self.name,
            field="data",
        )


def _check_finite(images: np.ndarray, name: str) -> None:
    """Raise DataError for images with NaN, infinity, or values beyond the square of float32."""
    low, high = float(images.min(initial=0)), float(images.max(initial=0))
    if max(-low, high) > _LARGEST_ADAPTED or np.isnan(low + high):
        value = low if np.isnan(low) or -low > high else high
        raise DataError(
            f"layer {name!r} cannot be adapted to images that are not finite, or so large that "
            f"their variance is not. Received: {value:g}",
            hint="leave such images out, or x = np.nan_to_num(x)",
            layer=name,
        )


def _check_given(mean: Any, variance: Any, axes: int) -> None:
    if (mean is None) != (variance is None):
        raise ArgumentError(
            "`mean` and `variance` must be given together. "
            f"Received: mean={mean!r}, variance={variance!r}",
            hint="Normalization(mean=0.5, variance=0.25), or neither and adapt(images)",
            field="mean",
            value=mean,
        )
    for name, value in (("mean", mean), ("variance", variance)):
        is_negative = name == "variance" and _is_numeric(value) and np.any(np.less(value, 0))
        if value is not None and (not _is_numeric(value) or is_negative):
            raise ArgumentError(
                f"`{name}` must be a finite number{' from 0' * (name == 'variance')}, or an array "
                "of them. "
                f"Received: {name}={value!r:.60}",
                hint=f"{name}=0.5",
                field=name,
                value=value,
            )
    shape = np.shape(mean) if mean is not None else ()
    if mean is not None and (shape != np.shape(variance) or len(shape) > axes):
        raise ArgumentError(
            "`mean` and `variance` must have one shape, with no more axes than `axis` names. "
            f"Received: shapes {shape} and {np.shape(variance)} for {axes} axes",
            hint="one value per channel for axis=-1, or one value for all",
            field="mean",
            value=mean,
        )


def _is_numeric(value: Any) -> bool:
    """Return whether float32 can hold the value: no NaN, text, objects or ragged lists."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return False
    with np.errstate(over="ignore"):  # to infinity
        return array.dtype.kind in "iuf" and bool(np.isfinite(array.astype(np.float32)).all())


def _as_tuples(value: Any) -> Moments | None:
    """Return numbers as the config stores them: Python's own, in nested tuples."""
    return None if value is None else _nested_tuples(np.asarray(value).tolist())


def _nested_tuples(listed: Any) -> Moments:
    if not isinstance(listed, list):
        return cast("float", listed)
    return tuple(_nested_tuples(one) for one in cast("list[Any]", listed))


@dataclass(frozen=True, slots=True, eq=False)
class ResizingSpec(Spec):
    """Resize the image: (H, W, C) -> (height, width, C).

    >>> ResizingSpec(8, 4).output_shape((28, 20, 3))
    (8, 4, 3)
    """

    takes_single_image: ClassVar[bool] = True
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
    """Resize images; optionally keep the aspect ratio, by cropping or padding."""

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
                "`interpolation` must be 'bicubic', 'bilinear' or 'nearest'. "
                f"Received: interpolation={interpolation!r}",
                hint='interpolation="bilinear"',
                field="interpolation",
                value=interpolation,
            )
        if fill_mode != "constant":
            raise UnsupportedError(
                f"padding has one constant value. Received: fill_mode={fill_mode!r}",
                hint="leave out fill_mode",
                field="fill_mode",
                value=fill_mode,
            )
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ArgumentError(
                "an image is cropped or padded, not both. Received: "
                f"crop_to_aspect_ratio={crop_to_aspect_ratio!r}, "
                f"pad_to_aspect_ratio={pad_to_aspect_ratio!r}",
                hint="crop_to_aspect_ratio=True alone",
                field="crop_to_aspect_ratio",
                value=crop_to_aspect_ratio,
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
    """Crop the center of the image: (H, W, C) -> (height, width, C).

    >>> CenterCropSpec(24, 20).output_shape((28, 28, 1))
    (24, 20, 1)
    """

    takes_single_image: ClassVar[bool] = True
    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    height: int
    width: int

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.height, self.width, as_image_shape(shapes[0])[2])


class CenterCrop(Layer):
    """Crop the center; a smaller image is cropped to the aspect ratio and enlarged."""

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
]
