"""Dropout and noise layers, which act only in training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import (
    checked_float,
    checked_seed,
    refuse_arguments,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, as_image_shape


@dataclass(frozen=True, slots=True, eq=False)
class DropoutSpec(Spec):
    """In training, set each value to 0 with probability `rate`, else divide it by 1 - rate."""

    family: ClassVar[Family] = "dropout"
    fixed_config: ClassVar[Mapping[str, Any]] = {"noise_shape": None}

    rate: float
    seed: int | None = None


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
        refuse_arguments("Dropout", noise_shape=noise_shape)
        super().__init__(
            DropoutSpec(checked_float("rate", rate, least=0, most=1), checked_seed(seed)), **options
        )


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
