"""Dropout and noise, in training alone: they keep a network from leaning on single numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.errors import ArgumentError
from scallion.layers.argument_checks import (
    checked_float,
    checked_seed,
    refuse_arguments,
    require_channels_last,
)
from scallion.layers.layer import Layer, LayerOptions
from scallion.layers.spec import Shape, Spec, as_image_shape


@dataclass(frozen=True, slots=True, eq=False)
class DropoutSpec(Spec):
    """In training, each number is 0 with probability `rate`, else divided by 1 - rate."""

    fixed_config: ClassVar[Mapping[str, Any]] = {"noise_shape": None}

    rate: float
    seed: int | None = None


class Dropout(Layer):
    """In training, drops each number with probability `rate`, and grows the others to match."""

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
    """In training, each channel is 0 in a whole image with probability `rate`, else grown."""

    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    rate: float
    seed: int | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return as_image_shape(shapes[0])


class SpatialDropout2D(Layer):
    """In training, drops whole channels of an image: neighbouring pixels tell much the same."""

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
        """The arguments as Keras writes this layer's: without `trainable`, `dtype` as a word."""
        return {"name": self.name, "dtype": "float32", **self.spec.config()}


@dataclass(frozen=True, slots=True, eq=False)
class GaussianNoiseSpec(Spec):
    """In training, a normal number with mean 0 and deviation `stddev` is added to each number."""

    stddev: float
    seed: int | None = None


class GaussianNoise(Layer):
    """In training, adds normal noise of deviation `stddev` to each number."""

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
    """In training, each number is multiplied by a normal one around 1 (Srivastava et al. 2014).

    Its deviation, sqrt(rate / (1 - rate)), is that of dropout's factors.
    """

    rate: float
    seed: int | None = None


class GaussianDropout(Layer):
    """In training, multiplies each number by a normal one around 1, as wide as dropout's."""

    spec: GaussianDropoutSpec

    def __init__(
        self, rate: float, seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        spec = GaussianDropoutSpec(_below_one("GaussianDropout", rate), checked_seed(seed))
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class AlphaDropoutSpec(Spec):
    """In training, each number becomes selu's lowest with probability `rate`; then all are scaled
    and shifted so that mean 0 and variance 1 stay (Klambauer et al. 2017)."""

    fixed_config: ClassVar[Mapping[str, Any]] = {"noise_shape": None}

    rate: float
    seed: int | None = None


class AlphaDropout(Layer):
    """In training, dropout for networks with selu: their means and variances stay."""

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
    share = checked_float("rate", rate, least=0, most=1)
    if share == 1:
        raise ArgumentError(
            f"{kind} leaves something over: its rate is below 1. Received: rate={rate!r}",
            hint="rate=0.5",
        )
    return share


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
