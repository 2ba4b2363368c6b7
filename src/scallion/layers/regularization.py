"""Dropout and noise layers, which act only in training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack, cast

from scallion.errors import ArgumentError, ShapeError
from scallion.layers.base.argument_checks import (
    checked_float,
    checked_seed,
    is_integer,
    refuse_arguments,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, as_image_shape


@dataclass(frozen=True, slots=True, eq=False)
class DropoutSpec(Spec):
    """In training, set each value to 0 with probability `rate`, else divide it by 1 - rate.

    Along the sides of 1 of `noise_shape`, which counts the batch, all values share one draw:
    (None, 1, 1, 1) drops whole images.
    """

    family: ClassVar[Family] = "dropout"

    rate: float
    seed: int | None = None
    noise_shape: tuple[int | None, ...] | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        self.drawn_shape(shapes[0])
        return shapes[0]

    def drawn_shape(self, shape: Shape) -> Shape:
        """Return the shape of the random numbers for one image. Raises ShapeError."""
        if self.noise_shape is None:
            return shape
        given = self.noise_shape
        sides = tuple(
            side if one is None else one for one, side in zip(given[1:], shape, strict=False)
        )
        is_broadcast = all(one in (1, side) for one, side in zip(sides, shape, strict=False))
        if len(given) != len(shape) + 1 or given[0] is not None or not is_broadcast:
            raise ShapeError(
                "`noise_shape` must have None for the batch, and 1, None or the same side for each "
                f"side of the input {(None, *shape)}. Received: noise_shape={self.noise_shape}",
                hint=f"noise_shape={(None, *(1 for _ in shape))}, one draw per image",
                field="noise_shape",
                value=self.noise_shape,
            )
        return sides


class Dropout(Layer):
    """Dropout: in training, set values to 0 at random and scale up the others to match."""

    spec: DropoutSpec

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        shape = None if noise_shape is None else _checked_noise_shape(noise_shape)
        rate = checked_float("rate", rate, least=0, most=1)
        super().__init__(DropoutSpec(rate, checked_seed(seed), shape), **options)


def _checked_noise_shape(noise_shape: Any) -> tuple[int | None, ...]:
    sides: Any = noise_shape
    if not isinstance(sides, tuple | list) or not all(
        side is None or is_integer(side, 1) for side in cast("list[Any]", sides)
    ):
        raise ArgumentError(
            f"`noise_shape` must be a sequence of integers and None. Received: {noise_shape=!r}",
            hint="noise_shape=(None, 1, 1, 1), one draw per image",
            field="noise_shape",
            value=noise_shape,
        )
    return tuple(None if side is None else int(side) for side in cast("list[Any]", sides))


@dataclass(frozen=True, slots=True, eq=False)
class SpatialDropout2DSpec(Spec):
    """In training, set whole channels to 0 with probability `rate`, and scale the others."""

    family: ClassVar[Family] = "dropout"
    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    rate: float
    seed: int | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return as_image_shape(shapes[0])


class SpatialDropout2D(Layer):
    """Dropout of whole channels of an image, as neighbouring pixels carry similar values."""

    spec: SpatialDropout2DSpec

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        require_channels_last(data_format)
        spec = SpatialDropout2DSpec(
            checked_float("rate", rate, least=0, most=1), checked_seed(seed)
        )
        super().__init__(spec, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as Keras does here: without `trainable`, `dtype` as a string."""
        return {"name": self.name, "dtype": "float32", **self.spec.config()}


@dataclass(frozen=True, slots=True, eq=False)
class GaussianNoiseSpec(Spec):
    """In training, add normal noise with mean 0 and standard deviation `stddev`."""

    family: ClassVar[Family] = "dropout"

    stddev: float
    seed: int | None = None


class GaussianNoise(Layer):
    """Add normal noise with standard deviation `stddev` in training."""

    spec: GaussianNoiseSpec

    def __init__(
        self, stddev: float, seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        spec = GaussianNoiseSpec(
            checked_float("stddev", stddev, least=0, most=1), checked_seed(seed)
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class GaussianDropoutSpec(Spec):
    """In training, multiply each value by a normal one with mean 1 (Srivastava et al. 2014).

    Its standard deviation is sqrt(rate / (1 - rate)), as that of dropout's factors.
    """

    family: ClassVar[Family] = "dropout"

    rate: float
    seed: int | None = None


class GaussianDropout(Layer):
    """Multiplicative normal noise in training, with the variance of dropout of this `rate`."""

    spec: GaussianDropoutSpec

    def __init__(
        self, rate: float, seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        spec = GaussianDropoutSpec(_below_one("GaussianDropout", rate), checked_seed(seed))
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class AlphaDropoutSpec(Spec):
    """In training, set each value to selu's lower limit with probability `rate`.

    Then scale and shift all values so that mean 0 and variance 1 are kept (Klambauer et al. 2017).
    """

    family: ClassVar[Family] = "dropout"
    fixed_config: ClassVar[Mapping[str, Any]] = {"noise_shape": None}

    rate: float
    seed: int | None = None


class AlphaDropout(Layer):
    """Dropout for networks with selu: keeps the mean and variance of the activations."""

    spec: AlphaDropoutSpec

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse_arguments("AlphaDropout", noise_shape=noise_shape)
        spec = AlphaDropoutSpec(_below_one("AlphaDropout", rate), checked_seed(seed))
        super().__init__(spec, **options)


def _below_one(kind: str, rate: Any) -> float:
    value = checked_float("rate", rate, least=0, most=1)
    if value == 1:
        raise ArgumentError(
            f"the rate of {kind} must be below 1. Received: rate={rate!r}",
            hint="rate=0.5",
            field="rate",
            value=rate,
        )
    return value


__all__ = [
    "AlphaDropout",
    "AlphaDropoutSpec",
    "Dropout",
    "DropoutSpec",
    "GaussianDropout",
    "GaussianDropoutSpec",
    "GaussianNoise",
    "GaussianNoiseSpec",
    "SpatialDropout2D",
    "SpatialDropout2DSpec",
]
