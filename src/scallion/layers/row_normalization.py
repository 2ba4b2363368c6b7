"""Layer and group normalization: the statistics of each image alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Unpack, cast

from scallion import constraints, initializers, regularizers
from scallion.constraints import Constraint
from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.initializers import Initializer
from scallion.layers.base.argument_checks import checked_float, is_integer, refuse_arguments
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, WeightSpec, channel_count
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class RowNormalizationSpec(Spec):
    """The base of layer and group normalization: rows of values, a scale and a shift."""

    family: ClassVar[Family] = "normalization"

    axis: tuple[int, ...] | int = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = initializers.Zeros()
    gamma_initializer: Initializer = initializers.Ones()
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None
    beta_constraint: Constraint | None = None
    gamma_constraint: Constraint | None = None

    def affine_axes(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of one image along which `gamma` and `beta` vary, sorted."""
        return (len(shape) - 1,)

    def row_shape(self, shape: Shape) -> Shape:
        """Return the image's shape, with axes divided so that each is normalized or not."""
        return shape

    def row_axes(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of `row_shape` that are normalized together, sorted."""
        return self.affine_axes(shape)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        shape = tuple(shapes[0][axis] for axis in self.affine_axes(shapes[0]))
        gamma = WeightSpec(
            "gamma",
            shape,
            self.gamma_initializer,
            regularizer=self.gamma_regularizer,
            constraint=self.gamma_constraint,
        )
        beta = WeightSpec(
            "beta",
            shape,
            self.beta_initializer,
            regularizer=self.beta_regularizer,
            constraint=self.beta_constraint,
        )
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))

    def macs(self, *shapes: Shape) -> int:
        return prod(shapes[0])


@dataclass(frozen=True, slots=True, eq=False)
class LayerNormalizationSpec(RowNormalizationSpec):
    """Normalize each image along `axis`, then scale by `gamma` and shift by `beta`.

    The batch is axis 0. By default each pixel's channels are normalized (Ba, Kiros, Hinton 2016).

    >>> LayerNormalizationSpec().arithmetic((15, 15, 32))
    '32 + 32 = 64'
    """

    fixed_config: ClassVar[Mapping[str, Any]] = {"rms_scaling": False}

    def output_shape(self, *shapes: Shape) -> Shape:
        self.affine_axes(shapes[0])
        return shapes[0]

    def affine_axes(self, shape: Shape) -> tuple[int, ...]:
        rank = len(shape) + 1
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        places = sorted({axis % rank - 1 for axis in axes if -rank <= axis < rank})
        if len(places) != len(axes) or places[0] < 0:
            raise ShapeError(
                f"an axis of an image is 1 to {rank - 1}, or negative, counted from the end, and "
                f"is named once. Received: axis={self.axis!r}",
                hint="axis=-1",
                field="axis",
                value=self.axis,
            )
        return tuple(places)


@dataclass(frozen=True, slots=True, eq=False)
class GroupNormalizationSpec(RowNormalizationSpec):
    """Normalize each image's groups of channels, then scale by `gamma` and shift by `beta`.

    `groups=-1` makes one group of each channel: instance normalization (Wu and He 2018).

    >>> GroupNormalizationSpec(groups=8).arithmetic((15, 15, 32))
    '32 + 32 = 64'
    """

    groups: int = 32

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        channels = channel_count(shape)
        if self.axis not in (-1, len(shape)):
            raise UnsupportedError(
                "GroupNormalization supports only the last axis. "
                f"Received: axis={self.axis!r} for inputs of {(None, *shape)}",
                hint="axis=-1",
                field="axis",
                value=self.axis,
            )
        if self.groups > channels or channels % self.groups:
            fitting = max(n for n in range(1, min(self.groups, channels) + 1) if channels % n == 0)
            raise ShapeError(
                f"{channels} channels cannot be split into {self.groups} equal groups",
                hint=f"groups={fitting}",
                field="groups",
                value=self.groups,
            )
        return shape

    def row_shape(self, shape: Shape) -> Shape:
        groups = shape[-1] if self.groups == -1 else self.groups
        return (*shape[:-1], groups, shape[-1] // groups)

    def row_axes(self, shape: Shape) -> tuple[int, ...]:
        rank = len(shape)
        return (*range(rank - 1), rank)


class LayerNormalization(Layer):
    """Layer normalization: each pixel by the mean and variance of its channels."""

    spec: LayerNormalizationSpec

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_arguments("LayerNormalization", rms_scaling=rms_scaling)
        axes: tuple[Any, ...] = (axis,) if isinstance(axis, int) else tuple(_several(axis))
        if not axes or not all(isinstance(one, int) and one != 0 for one in axes):
            raise _wrong_axis(axis)
        spec = LayerNormalizationSpec(
            axes[0] if len(axes) == 1 else axes,
            checked_float("epsilon", epsilon, least=0),
            bool(center),
            bool(scale),
            initializers.get(beta_initializer),
            initializers.get(gamma_initializer),
            regularizers.get(beta_regularizer),
            regularizers.get(gamma_regularizer),
            constraints.get(beta_constraint),
            constraints.get(gamma_constraint),
        )
        super().__init__(spec, **options)


class GroupNormalization(Layer):
    """Group normalization: groups of channels by the mean and variance of each image."""

    spec: GroupNormalizationSpec

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        if groups != -1 and not is_integer(groups, least=1):
            raise ArgumentError(
                "`groups` must be an integer of at least 1, or -1 for one group per channel. "
                f"Received: groups={groups!r}",
                hint="groups=8",
                field="groups",
                value=groups,
            )
        if not isinstance(axis, int) or axis == 0:
            raise _wrong_axis(axis)
        spec = GroupNormalizationSpec(
            axis,
            checked_float("epsilon", epsilon, least=0),
            bool(center),
            bool(scale),
            initializers.get(beta_initializer),
            initializers.get(gamma_initializer),
            regularizers.get(beta_regularizer),
            regularizers.get(gamma_regularizer),
            constraints.get(beta_constraint),
            constraints.get(gamma_constraint),
            groups=int(groups),
        )
        super().__init__(spec, **options)


def _several(axis: Any) -> Sequence[Any]:
    if not isinstance(axis, list | tuple):
        raise _wrong_axis(axis)
    return cast("Sequence[Any]", axis)


def _wrong_axis(axis: Any) -> ArgumentError:
    return ArgumentError(
        f"`axis` must be an integer other than 0, the batch. Received: axis={axis!r}",
        hint="axis=-1",
        field="axis",
        value=axis,
    )
