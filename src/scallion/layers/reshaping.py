"""Layers that change the shape: flatten, reshape, permute, pad, crop and upsample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal, Unpack, cast

from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.layers.base.argument_checks import checked_pair, is_integer, require_channels_last
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Pair, Shape, Spec, as_image_shape

Edges = tuple[Pair, Pair]


@dataclass(frozen=True, slots=True, eq=False)
class FlattenSpec(Spec):
    """Flatten an image to one axis: (H, W, C) -> (H*W*C,). Has no weights."""

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    def output_shape(self, *shapes: Shape) -> Shape:
        return (prod(shapes[0]),)


class Flatten(Layer):
    """Flatten an image to one axis, for a Dense layer after it."""

    spec: FlattenSpec

    def __init__(self, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        require_channels_last(data_format)
        super().__init__(FlattenSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ReshapeSpec(Spec):
    """Give the values another shape, in the same order; one side may be -1, to be inferred.

    >>> ReshapeSpec((-1, 6)).output_shape((3, 4, 2))
    (4, 6)
    """

    target_shape: Shape

    def output_shape(self, *shapes: Shape) -> Shape:
        size, known = prod(shapes[0]), prod(side for side in self.target_shape if side > 0)
        fits = size % known == 0 if -1 in self.target_shape else size == known
        if not fits:
            raise ShapeError(
                f"{size} values do not fit into the shape {self.target_shape}: "
                f"{'*'.join(map(str, shapes[0])) or '1'} = {size}, and {self._product()} = {known}",
                hint=f"Reshape(({size},))",
                field="target_shape",
                value=self.target_shape,
            )
        return tuple(size // known if side == -1 else side for side in self.target_shape)

    def _product(self) -> str:
        return "*".join(str(side) for side in self.target_shape if side > 0) or "1"


class Reshape(Layer):
    """Reshape each image, in a shape without the batch: `Reshape((7, 7, 16))`."""

    spec: ReshapeSpec

    def __init__(self, target_shape: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        sides = tuple(target_shape) if isinstance(target_shape, Sequence) else ()
        is_shape = isinstance(target_shape, Sequence) and not isinstance(target_shape, str)
        is_valid = is_shape and all(is_integer(side, least=1) or side == -1 for side in sides)
        if not is_valid or sides.count(-1) > 1:
            raise ArgumentError(
                "`target_shape` must be integers, one of which may be -1. "
                f"Received: target_shape={target_shape!r}",
                hint="target_shape=(7, 7, 16)",
                field="target_shape",
                value=target_shape,
            )
        super().__init__(ReshapeSpec(tuple(int(side) for side in sides)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class PermuteSpec(Spec):
    """Permute the axes, counted from 1; the batch stays first.

    >>> PermuteSpec((3, 1, 2)).output_shape((28, 20, 3))
    (3, 28, 20)
    """

    dims: tuple[int, ...]

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(self.dims) != len(shape):
            raise ShapeError(
                f"the input has {len(shape)} axes after the batch. Received: dims={self.dims}",
                hint=f"dims={tuple(range(len(shape), 0, -1))}",
                field="dims",
                value=self.dims,
            )
        return tuple(shape[axis - 1] for axis in self.dims)


class Permute(Layer):
    """Permute the axes: `Permute((2, 1, 3))` swaps height and width."""

    spec: PermuteSpec

    def __init__(self, dims: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        axes = tuple(dims) if isinstance(dims, Sequence) and not isinstance(dims, str) else ()
        is_valid = all(is_integer(axis, least=1) for axis in axes)
        if not is_valid or sorted(axes) != list(range(1, len(axes) + 1)) or not axes:
            raise ArgumentError(
                f"`dims` must have each of 1, 2, ... once. Received: dims={dims!r}",
                hint="dims=(2, 1, 3)",
                field="dims",
                value=dims,
            )
        super().__init__(PermuteSpec(axes), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ZeroPadding2DSpec(Spec):
    """Pad the image with zeros: ((top, bottom), (left, right)).

    >>> ZeroPadding2DSpec(((1, 0), (2, 3))).output_shape((3, 4, 2))
    (4, 9, 2)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    padding: Edges

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = as_image_shape(shapes[0])
        return (height + sum(self.padding[0]), width + sum(self.padding[1]), channels)


class ZeroPadding2D(Layer):
    """Pad the image with zeros at its edges."""

    spec: ZeroPadding2DSpec

    def __init__(
        self,
        padding: int | Pair | Edges = (1, 1),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(ZeroPadding2DSpec(_checked_edges(padding, "padding")), **options)


@dataclass(frozen=True, slots=True, eq=False)
class Cropping2DSpec(Spec):
    """Crop the edges of the image: ((top, bottom), (left, right)).

    >>> Cropping2DSpec(((1, 0), (2, 1))).output_shape((3, 4, 2))
    (2, 1, 2)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    cropping: Edges

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = as_image_shape(shapes[0])
        sides = (height - sum(self.cropping[0]), width - sum(self.cropping[1]))
        if min(sides) < 1:
            raise ShapeError(
                f"nothing is left of a {height}x{width} image: {height} - {sum(self.cropping[0])} "
                f"= {sides[0]} and {width} - {sum(self.cropping[1])} = {sides[1]}",
                hint="crop less",
                field="cropping",
                value=self.cropping,
            )
        return (*sides, channels)


class Cropping2D(Layer):
    """Crop the edges of the image."""

    spec: Cropping2DSpec

    def __init__(
        self,
        cropping: int | Pair | Edges = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(Cropping2DSpec(_checked_edges(cropping, "cropping")), **options)


@dataclass(frozen=True, slots=True, eq=False)
class UpSampling2DSpec(Spec):
    """Enlarge the image by integer factors: (H, W, C) -> (H * size[0], W * size[1], C).

    >>> UpSampling2DSpec((2, 3)).output_shape((3, 4, 2))
    (6, 12, 2)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    size: Pair = (2, 2)
    interpolation: Literal["nearest", "bilinear", "bicubic"] = "nearest"

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = as_image_shape(shapes[0])
        return (height * self.size[0], width * self.size[1], channels)


class UpSampling2D(Layer):
    """Enlarge the image by repeating pixels ("nearest"), or bilinearly or bicubically."""

    spec: UpSampling2DSpec

    def __init__(
        self,
        size: int | Pair = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        kind = str(interpolation).lower()
        if kind not in ("nearest", "bilinear", "bicubic"):
            raise UnsupportedError(
                "`interpolation` must be 'nearest', 'bilinear' or 'bicubic'. "
                f"Received: interpolation={interpolation!r}",
                hint='interpolation="bilinear"',
                field="interpolation",
                value=interpolation,
            )
        super().__init__(UpSampling2DSpec(checked_pair(size, "size"), kind), **options)


def _checked_edges(value: Any, name: str) -> Edges:
    """Return ((top, bottom), (left, right)) from one integer, two, or two pairs, as in Keras."""
    if is_integer(value, least=0):
        return ((int(value), int(value)), (int(value), int(value)))
    given = list(cast("Sequence[Any]", value)) if isinstance(value, Sequence) else []
    sides = [(side, side) if is_integer(side, least=0) else side for side in given]
    if len(sides) != 2 or not all(_is_edge_pair(side) for side in sides):
        raise ArgumentError(
            f"`{name}` must be one or two integers from 0, or two pairs of them. "
            f"Received: {name}={value!r}",
            hint=f"{name}=1 or {name}=((1, 0), (1, 0))",
            field=name,
            value=value,
        )
    (top, bottom), (left, right) = sides
    return ((int(top), int(bottom)), (int(left), int(right)))


def _is_edge_pair(side: Any) -> bool:
    if not isinstance(side, Sequence) or isinstance(side, str):
        return False
    pair = cast("Sequence[Any]", side)
    return len(pair) == 2 and all(is_integer(one, least=0) for one in pair)


__all__ = [
    "Cropping2D",
    "Cropping2DSpec",
    "Flatten",
    "FlattenSpec",
    "Permute",
    "PermuteSpec",
    "Reshape",
    "ReshapeSpec",
    "UpSampling2D",
    "UpSampling2DSpec",
    "ZeroPadding2D",
    "ZeroPadding2DSpec",
]
