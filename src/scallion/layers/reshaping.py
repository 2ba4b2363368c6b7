"""Layers that move numbers: other shapes, other orders, margins, and pixels that are repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal, Unpack, cast

from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.layers.argument_checks import checked_pair, is_integer, require_channels_last
from scallion.layers.layer import Layer, LayerOptions
from scallion.layers.spec import Pair, Shape, Spec, as_image_shape

Margins = tuple[Pair, Pair]


@dataclass(frozen=True, slots=True, eq=False)
class ReshapeSpec(Spec):
    """The same numbers in the same order under another shape; one side may be -1: what is left.

    >>> ReshapeSpec((-1, 6)).output_shape((3, 4, 2))
    (4, 6)
    """

    target_shape: Shape

    def output_shape(self, *shapes: Shape) -> Shape:
        size, known = prod(shapes[0]), prod(side for side in self.target_shape if side > 0)
        fits = size % known == 0 if -1 in self.target_shape else size == known
        if not fits:
            raise ShapeError(
                f"{size} numbers have no shape {self.target_shape}: "
                f"{'*'.join(map(str, shapes[0])) or '1'} = {size}, and {self._product()} = {known}",
                hint=f"Reshape(({size},))",
            )
        return tuple(size // known if side == -1 else side for side in self.target_shape)

    def _product(self) -> str:
        return "*".join(str(side) for side in self.target_shape if side > 0) or "1"


class Reshape(Layer):
    """The same numbers under another shape, without the batch: `Reshape((7, 7, 16))`."""

    spec: ReshapeSpec

    def __init__(self, target_shape: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        sides = tuple(target_shape) if isinstance(target_shape, Sequence) else ()
        is_shape = isinstance(target_shape, Sequence) and not isinstance(target_shape, str)
        whole = is_shape and all(is_integer(side, least=1) or side == -1 for side in sides)
        if not whole or sides.count(-1) > 1:
            raise ArgumentError(
                "`target_shape` is whole numbers, one of which may be -1. "
                f"Received: target_shape={target_shape!r}",
                hint="target_shape=(7, 7, 16)",
            )
        super().__init__(ReshapeSpec(tuple(int(side) for side in sides)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class PermuteSpec(Spec):
    """The axes in another order, counted from 1: the batch stays first.

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
            )
        return tuple(shape[axis - 1] for axis in self.dims)


class Permute(Layer):
    """The axes in another order: `Permute((2, 1, 3))` exchanges height and width."""

    spec: PermuteSpec

    def __init__(self, dims: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        axes = tuple(dims) if isinstance(dims, Sequence) and not isinstance(dims, str) else ()
        whole = all(is_integer(axis, least=1) for axis in axes)
        if not whole or sorted(axes) != list(range(1, len(axes) + 1)) or not axes:
            raise ArgumentError(
                f"`dims` holds each of 1, 2, ... once. Received: dims={dims!r}",
                hint="dims=(2, 1, 3)",
            )
        super().__init__(PermuteSpec(axes), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ZeroPadding2DSpec(Spec):
    """Zeros around the image: ((above, below), (left, right)).

    >>> ZeroPadding2DSpec(((1, 0), (2, 3))).output_shape((3, 4, 2))
    (4, 9, 2)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    padding: Margins

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = as_image_shape(shapes[0])
        return (height + sum(self.padding[0]), width + sum(self.padding[1]), channels)


class ZeroPadding2D(Layer):
    """Zeros around the image."""

    spec: ZeroPadding2DSpec

    def __init__(
        self,
        padding: int | Pair | Margins = (1, 1),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(ZeroPadding2DSpec(_margins(padding, "padding")), **options)


@dataclass(frozen=True, slots=True, eq=False)
class Cropping2DSpec(Spec):
    """The image without its edges: ((above, below), (left, right)).

    >>> Cropping2DSpec(((1, 0), (2, 1))).output_shape((3, 4, 2))
    (2, 1, 2)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    cropping: Margins

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = as_image_shape(shapes[0])
        sides = (height - sum(self.cropping[0]), width - sum(self.cropping[1]))
        if min(sides) < 1:
            raise ShapeError(
                f"nothing is left of a {height}x{width} image: {height} - {sum(self.cropping[0])} "
                f"= {sides[0]} and {width} - {sum(self.cropping[1])} = {sides[1]}",
                hint="crop less",
            )
        return (*sides, channels)


class Cropping2D(Layer):
    """The image without its edges."""

    spec: Cropping2DSpec

    def __init__(
        self,
        cropping: int | Pair | Margins = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(Cropping2DSpec(_margins(cropping, "cropping")), **options)


@dataclass(frozen=True, slots=True, eq=False)
class UpSampling2DSpec(Spec):
    """More pixels, down and across: repeated, or mixed of their neighbours.

    >>> UpSampling2DSpec((2, 3)).output_shape((3, 4, 2))
    (6, 12, 2)
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    size: Pair = (2, 2)
    interpolation: Literal["nearest", "bilinear"] = "nearest"

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = as_image_shape(shapes[0])
        return (height * self.size[0], width * self.size[1], channels)


class UpSampling2D(Layer):
    """A larger image, each pixel repeated; with "bilinear" mixed of its neighbours."""

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
        if kind not in ("nearest", "bilinear"):
            raise UnsupportedError(
                "`interpolation` is 'nearest' or 'bilinear'. "
                f"Received: interpolation={interpolation!r}",
                hint='interpolation="bilinear"',
            )
        super().__init__(UpSampling2DSpec(checked_pair(size, "size"), kind), **options)


def _margins(value: Any, name: str) -> Margins:
    """((above, below), (left, right)) from one number, two, or two pairs, as Keras takes them."""
    if is_integer(value, least=0):
        return ((int(value), int(value)), (int(value), int(value)))
    given = list(cast("Sequence[Any]", value)) if isinstance(value, Sequence) else []
    sides = [(side, side) if is_integer(side, least=0) else side for side in given]
    if len(sides) != 2 or not all(_is_margin(side) for side in sides):
        raise ArgumentError(
            f"`{name}` is one or two whole numbers from 0, or two pairs of them. "
            f"Received: {name}={value!r}",
            hint=f"{name}=1 or {name}=((1, 0), (1, 0))",
        )
    (top, bottom), (left, right) = sides
    return ((int(top), int(bottom)), (int(left), int(right)))


def _is_margin(side: Any) -> bool:
    if not isinstance(side, Sequence) or isinstance(side, str):
        return False
    pair = cast("Sequence[Any]", side)
    return len(pair) == 2 and all(is_integer(one, least=0) for one in pair)


__all__ = [
    "Cropping2D",
    "Cropping2DSpec",
    "Permute",
    "PermuteSpec",
    "Reshape",
    "ReshapeSpec",
    "UpSampling2D",
    "UpSampling2DSpec",
    "ZeroPadding2D",
    "ZeroPadding2DSpec",
]
