"""Initializers with random values, from the distributions of Keras 3."""

from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar, Literal

import numpy as np

from scallion.errors import ArgumentError
from scallion.initializers.initializer import Initializer, Shape

Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["truncated_normal", "untruncated_normal", "uniform"]

# The standard deviation of a standard normal distribution that is truncated at -2 and 2.
_TRUNCATED_DEVIATION = 0.87962566103423978


@dataclass(frozen=True)
class _Seeded(Initializer):
    """The base of random initializers; with a `seed`, each call returns the same values."""

    def __post_init__(self) -> None:
        seed = getattr(self, "seed", None)
        if seed is not None and (not isinstance(seed, int | np.integer) or isinstance(seed, bool)):
            raise ArgumentError(
                f"`seed` must be an integer or None. Received: seed={seed!r}",
                hint="seed=42",
                field="seed",
                value=seed,
            )


@dataclass(frozen=True)
class RandomNormal(_Seeded):
    """Normal with mean `mean` and standard deviation `stddev`."""

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _not_negative("stddev", self.stddev)

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return random.normal(self.mean, self.stddev, shape)


@dataclass(frozen=True)
class TruncatedNormal(_Seeded):
    """Normal around `mean`; values two `stddev` or more away are drawn again."""

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _not_negative("stddev", self.stddev)

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return self.mean + self.stddev * _truncated_normal(shape, random)


@dataclass(frozen=True)
class RandomUniform(_Seeded):
    """Uniform from `minval` to `maxval`."""

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minval > self.maxval:
            raise ArgumentError(
                "`minval` must not exceed `maxval`. "
                f"Received: minval={self.minval!r}, maxval={self.maxval!r}",
                hint=f"minval={self.maxval!r}, maxval={self.minval!r}",
                field="minval",
                value=self.minval,
            )

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return random.uniform(self.minval, self.maxval, shape)


@dataclass(frozen=True)
class VarianceScaling(_Seeded):
    """Variance `scale / n`, n being fan-in, fan-out or their average: see `fans`."""

    scale: float = 1.0
    mode: Mode = "fan_in"
    distribution: Distribution = "truncated_normal"
    seed: int | None = None
    input_axes: tuple[int, ...] | None = None
    output_axes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.scale > 0:
            raise ArgumentError(
                f"`scale` must be above 0. Received: scale={self.scale!r}",
                hint="scale=1.0",
                field="scale",
                value=self.scale,
            )
        _one_of("mode", self.mode, ("fan_in", "fan_out", "fan_avg"))
        distribution = str(self.distribution).lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        _one_of("distribution", distribution, ("truncated_normal", "untruncated_normal", "uniform"))
        object.__setattr__(self, "distribution", distribution)

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        fan_in_out = fans(shape, self.input_axes, self.output_axes)
        return _scaled(shape, random, fan_in_out, self.scale, self.mode, self.distribution)


@dataclass(frozen=True)
class _NamedScaling(_Seeded):
    """The base of the named cases of VarianceScaling."""

    scaling: ClassVar[tuple[float, Mode, Distribution]]

    seed: int | None = None
    input_axes: tuple[int, ...] | None = None
    output_axes: tuple[int, ...] | None = None

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return _scaled(shape, random, fans(shape, self.input_axes, self.output_axes), *self.scaling)


@dataclass(frozen=True)
class GlorotUniform(_NamedScaling):
    """Uniform within ±sqrt(6 / (fan_in + fan_out)): Glorot, Bengio 2010; Keras' default."""

    scaling = (1.0, "fan_avg", "uniform")


@dataclass(frozen=True)
class GlorotNormal(_NamedScaling):
    """Truncated normal with variance 2 / (fan_in + fan_out): Glorot, Bengio 2010."""

    scaling = (1.0, "fan_avg", "truncated_normal")


@dataclass(frozen=True)
class HeUniform(_NamedScaling):
    """Uniform within ±sqrt(6 / fan_in): He et al. 2015, for relu."""

    scaling = (2.0, "fan_in", "uniform")


@dataclass(frozen=True)
class HeNormal(_NamedScaling):
    """Truncated normal with variance 2 / fan_in: He et al. 2015, for relu."""

    scaling = (2.0, "fan_in", "truncated_normal")


@dataclass(frozen=True)
class LecunUniform(_NamedScaling):
    """Uniform within ±sqrt(3 / fan_in): LeCun et al. 1998."""

    scaling = (1.0, "fan_in", "uniform")


@dataclass(frozen=True)
class LecunNormal(_NamedScaling):
    """Truncated normal with variance 1 / fan_in: LeCun et al. 1998, for selu."""

    scaling = (1.0, "fan_in", "truncated_normal")


@dataclass(frozen=True)
class Orthogonal(_Seeded):
    """Orthogonal columns of norm `gain`, or rows if there are fewer: Saxe et al. 2014."""

    gain: float = 1.0
    seed: int | None = None

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        if len(shape) < 2:
            raise ArgumentError(
                f"Orthogonal initializes arrays of two axes or more. Received: shape={shape}",
                hint='"zeros" for a bias',
            )
        rows, columns = prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return self.gain * (q.T if rows < columns else q).reshape(shape)


def fans(
    shape: Shape,
    input_axes: tuple[int, ...] | None = None,
    output_axes: tuple[int, ...] | None = None,
) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight array, as Keras counts them.

    >>> fans((3, 3, 16, 32)), fans((512, 10))
    ((144, 288), (512, 10))
    """
    if input_axes is not None and output_axes is not None:
        return prod(shape[axis] for axis in input_axes), prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    positions = prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def _scaled(
    shape: Shape,
    random: np.random.Generator,
    fan_in_out: tuple[int, int],
    scale: float,
    mode: Mode,
    distribution: Distribution,
) -> np.ndarray:
    fan_in, fan_out = fan_in_out
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    variance = scale / max(1.0, n)
    if distribution == "uniform":
        limit = sqrt(3 * variance)
        return random.uniform(-limit, limit, shape)
    if distribution == "untruncated_normal":
        return random.normal(0, sqrt(variance), shape)
    return sqrt(variance) / _TRUNCATED_DEVIATION * _truncated_normal(shape, random)


def _truncated_normal(shape: Shape, random: np.random.Generator) -> np.ndarray:
    """Draw from a standard normal distribution, redrawing values of 2 and more in size."""
    drawn = random.standard_normal(prod(shape))
    while (outside := np.flatnonzero(np.abs(drawn) >= 2)).size:
        drawn[outside] = random.standard_normal(outside.size)
    return drawn.reshape(shape)


def _not_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise ArgumentError(
            f"`{name}` must be 0 or more. Received: {name}={value!r}",
            hint=f"{name}=0.05",
            field=name,
            value=value,
        )


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ArgumentError(
            f"`{name}` must be one of {', '.join(map(repr, known))}. Received: {name}={value!r}",
            hint=f"{name}={known[0]!r}",
            field=name,
            value=value,
        )
